#include "mail/entity.hpp"

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::mail {
namespace {

constexpr std::string_view default_type = "Content-Type: text/plain; charset=us-ascii\r\n";

bool belongs_to_content(std::string_view name) {
  return lowered(name.substr(0, 8)) == "content-";
}

/// A section that was cut off in the middle of a line must not swallow what is put behind it.
void append_lines(std::string& out, std::string_view lines) {
  out += lines;
  if (!lines.empty() && !lines.ends_with("\r\n")) out += "\r\n";
}

}  // namespace

Entity cut_entity(std::string_view message) {
  const auto length = header_length(message);
  const std::string_view section = length ? message.substr(0, *length - 2) : message;
  const std::string_view body = length ? message.substr(*length) : std::string_view();
  const HeaderView headers(section);
  Entity cut;
  cut.inner.reserve(default_type.size() + message.size() + 2);
  if (!headers.first("Content-Type")) cut.inner += default_type;
  std::size_t at = 0;
  for (const Field& field : headers.fields()) {
    append_lines(cut.outer, section.substr(at, field.at - at));  // lines that are no fields stay where they were
    at = field.at + field.size;
    const std::string_view whole = section.substr(field.at, field.size);
    if (belongs_to_content(field.name)) {
      append_lines(cut.inner, whole);
    } else if (!equals_ignoring_case(field.name, "MIME-Version")) {
      append_lines(cut.outer, whole);
    }
  }
  append_lines(cut.outer, section.substr(at));
  cut.inner.append("\r\n").append(body);
  return cut;
}

}  // namespace postern::mail
