#include "mail/shown.hpp"

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::mail {
namespace {

/// What may stand directly beside an address in a list (RFC 5322 §3.4): anything that could be part of one may not.
bool ends_address(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '<' || c == '>' || c == ',' || c == ';' || c == ':';
}

bool has_address(std::string_view text, std::string_view address) {
  for (std::size_t at = text.find(address); at != std::string_view::npos; at = text.find(address, at + 1)) {
    const std::size_t end = at + address.size();
    if ((at == 0 || ends_address(text[at - 1])) && (end == text.size() || ends_address(text[end]))) return true;
  }
  return false;
}

}  // namespace

bool shows_recipient(std::string_view section, const Address& recipient) {
  const std::string address = lowered(recipient.str());
  const HeaderView headers(section);
  for (const std::string_view name : {"To", "Cc"}) {
    for (const Field& field : headers.all(name)) {
      if (has_address(lowered(field.raw), address)) return true;
    }
  }
  return false;
}

}  // namespace postern::mail
