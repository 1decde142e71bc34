#include "mail/shown.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::mail {
namespace {

/// What may stand directly beside an address in a list (RFC 5322 §3.4): anything that could be part of one may not.
bool ends_address(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '<' || c == '>' || c == ',' || c == ';' || c == ':';
}

}  // namespace

ShownRecipients::ShownRecipients(std::string_view section) {
  const HeaderView headers(section);
  for (const std::string_view name : {"To", "Cc"}) {
    for (const Field& field : headers.all(name)) {
      const std::string text = lowered(field.raw);
      for (auto at = text.begin(); at != text.end();) {
        const auto end = std::find_if(at, text.end(), ends_address);
        if (std::find(at, end, '@') != end) words_.emplace(at, end);
        at = std::find_if_not(end, text.end(), ends_address);
      }
    }
  }
}

bool ShownRecipients::contains(const Address& recipient) const {
  return words_.contains(lowered(recipient.str()));
}

}  // namespace postern::mail
