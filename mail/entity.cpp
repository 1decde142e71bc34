#include "mail/entity.hpp"

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::mail {
namespace {

constexpr std::string_view default_type = "Content-Type: text/plain; charset=us-ascii\r\n";

bool belongs_to_content(std::string_view name) {
  return lowered(name.substr(0, 8)) == "content-";
}

}  // namespace

Entity cut_entity(std::string_view message) {
  const std::size_t length = header_length(message).value_or(message.size());
  const std::string_view section = message.substr(0, length);
  const HeaderView headers(section);
  Entity cut;
  for (const Field& field : headers.fields()) {
    const std::string_view whole = section.substr(field.at, field.size);
    if (belongs_to_content(field.name)) {
      cut.inner += whole;
    } else if (!equals_ignoring_case(field.name, "MIME-Version")) {
      cut.outer += whole;
    }
  }
  if (!headers.first("Content-Type")) cut.inner.insert(0, default_type);
  cut.inner += "\r\n";
  cut.inner += message.substr(length);
  return cut;
}

}  // namespace postern::mail
