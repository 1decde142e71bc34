#include "portal/entry.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/utf8.hpp"

namespace postern::portal {

std::string masked(const std::string& address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string::npos) return address;
  const std::size_t first = std::max<std::size_t>(1, utf8_character(address));
  return address.substr(0, std::min(first, at)) + "\xE2\x80\xA6" + address.substr(at);
}

std::vector<std::string> guessable(const std::string& address, const Brand& brand) {
  return {address, address.substr(0, address.rfind('@')), brand.name};
}

Form form_to(const Link& link, const std::string& what) {
  return {"/m/" + link.lookup + "/" + what, {{"link", format_base64url(link.secret.text())}}};
}

}  // namespace postern::portal
