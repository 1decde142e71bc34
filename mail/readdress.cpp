#include "mail/readdress.hpp"

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::mail {
namespace {

/// RFC 5322 §3.2.3, and the dot: the address would be another, longer one.
bool continues_an_address(char c) {
  return is_alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.@").contains(c);
}

std::string replaced(std::string text, const Readdressing& change) {
  const std::string wanted = lowered(change.from.str()), written = change.to.str();
  for (std::size_t at = 0; (at = lowered(text).find(wanted, at)) != std::string::npos;) {
    const std::size_t end = at + wanted.size();
    const bool whole =
        (at == 0 || !continues_an_address(text[at - 1])) && (end == text.size() || !continues_an_address(text[end]));
    if (whole) text.replace(at, wanted.size(), written);
    at += whole ? written.size() : 1;
  }
  return text;
}

}  // namespace

std::string readdressed(std::string_view section, const std::vector<Readdressing>& changes) {
  std::string out;
  std::size_t copied = 0;
  const HeaderView headers(section);
  for (const Field& field : headers.fields()) {
    if (!equals_ignoring_case(field.name, "To") && !equals_ignoring_case(field.name, "Cc")) continue;
    std::string text(section.substr(field.at, field.size));
    for (const Readdressing& change : changes)
      text = replaced(std::move(text), change);
    out += section.substr(copied, field.at - copied);
    out += text;
    copied = field.at + field.size;
  }
  return out += section.substr(copied);
}

}  // namespace postern::mail
