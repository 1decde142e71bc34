#include "discovery/key_origin.hpp"

namespace postern::discovery {

std::string_view format_key_origin(KeyOrigin origin) {
  switch (origin) {
    case KeyOrigin::smimea: return "smimea";
    case KeyOrigin::openpgpkey: return "openpgpkey";
    case KeyOrigin::wkd: return "wkd";
    case KeyOrigin::ldap: return "ldap";
    case KeyOrigin::ldap_openpgp: break;
  }
  return "ldap-openpgp";
}

std::optional<KeyOrigin> parse_key_origin(std::string_view text) {
  for (const KeyOrigin origin : key_origins) {
    if (text == format_key_origin(origin)) return origin;
  }
  return std::nullopt;
}

PersonKey kind_of(KeyOrigin origin) {
  const bool certificates = origin == KeyOrigin::smimea || origin == KeyOrigin::ldap;
  return certificates ? PersonKey::certificate : PersonKey::openpgp;
}

}  // namespace postern::discovery
