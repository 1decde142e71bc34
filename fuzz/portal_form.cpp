// What a browser might send as a form with files: its parts lie within the body, one after the other, and what was left
// out of a form that is one leaves no form.
#include "fuzz/target.hpp"
#include "portal/form_data.hpp"

using namespace postern;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = fuzz::text(data, size);
  constexpr const char* type = "multipart/form-data; boundary=b";
  constexpr std::size_t most = 5;
  const auto parts = portal::parse_form_data(type, body, most);
  if (!parts) return 0;
  require(parts->size() <= most);
  const char* at = body.data();
  for (const portal::FormPart& part : *parts) {
    require(!part.name.empty());
    require(part.content.data() >= at && part.content.data() + part.content.size() <= body.data() + body.size());
    require(part.content.find("\r\n--b") == std::string_view::npos);
    at = part.content.data() + part.content.size();
  }
  require(!portal::parse_form_data(type, std::string(body) + "x", most).has_value());
  return 0;
}
