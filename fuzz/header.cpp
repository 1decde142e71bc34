// Any bytes as a header section: its fields, and what the gateway takes out of them.
#include <algorithm>

#include "fuzz/target.hpp"
#include "mail/headers.hpp"
#include "mail/identity.hpp"

using namespace postern;
using namespace postern::mail;
using fuzz::require;

namespace {

bool same(const Field& a, const Field& b) {
  return a.name == b.name && a.raw == b.raw && a.at == b.at && a.size == b.size;
}

/// The fields lie in the section one behind the other, and nothing between them goes unnoticed.
void check_fields(const HeaderView& view, std::string_view section) {
  std::size_t at = 0;
  for (const Field& field : view.fields()) {
    require(field.at >= at && field.size > 0 && field.at + field.size <= section.size());
    require(field.at == at || view.malformed());
    at = field.at + field.size;
    const std::string_view whole = section.substr(field.at, field.size);
    require(!field.name.empty() && whole.starts_with(field.name) && whole.ends_with(field.raw));
    require(whole.ends_with("\r\n") || at == section.size());
    require(field.name.find(std::string_view(":")) == std::string_view::npos);
    const std::vector<Field> named = view.all(field.name);
    require(std::ranges::any_of(named, [&](const Field& one) { return same(one, field); }));
    require(same(named.front(), *view.first(field.name)));

    const std::string value = unfold(field.raw);
    require(value.find_first_of("\r\n") == std::string::npos && unfold(value) == value);
  }
  const std::string_view rest = section.substr(at);
  require(rest.empty() || rest.starts_with("\r\n") || view.malformed());
}

void check_identity(const HeaderView& view, std::string_view section) {
  const std::string id = message_id(view);
  require(id.empty() || (id.starts_with('<') && id.ends_with('>') && id.size() <= 250));
  require(std::ranges::all_of(id, [](char c) { return c > ' ' && c <= '~'; }));

  const auto from = parse_from(view);
  if (!from) return;
  require(!view.malformed() && view.all("From").size() == 1);
  // Other fields change nothing; another From, however it is written, and the answer is no.
  const auto behind = [&](std::string_view field) {
    const std::string text = std::string(field) + std::string(section);
    return parse_from(HeaderView(text));
  };
  require(behind("Subject: From: <eve@other.example>\r\n\tfrom: eve\r\n") == *from);
  for (const char* other : {"From: <eve@other.example>\r\n", "fROM \t: eve@other.example\r\n", "Fr\x01om: eve\r\n",
                            "From\xc2\xa0: eve@other.example\r\n", "no field\r\n"}) {
    require(!behind(other));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message = fuzz::text(data, size);
  const auto length = header_length(message);
  const std::string_view section = message.substr(0, length.value_or(size));
  require(!length || section == "\r\n" || section.ends_with("\r\n\r\n"));
  const HeaderView view(section);
  check_fields(view, section);
  check_identity(view, section);

  // The body says nothing about the header.
  if (!length) return 0;
  require(std::ranges::equal(view.fields(), HeaderView(message).fields(), same));
  require(header_length(std::string(message) + "\r\n\r\n") == length);
  const std::size_t seen = size / 2;
  require(header_length(message.substr(0, seen)) || header_length(message, seen) == length);
  return 0;
}
