#include "discovery/key_origin.hpp"

namespace postern::discovery {

std::string_view format_key_origin(KeyOrigin origin) {
  switch (origin) {
    case KeyOrigin::smimea: return "smimea";
    case KeyOrigin::openpgpkey: return "openpgpkey";
    case KeyOrigin::wkd: break;
  }
  return "wkd";
}

std::optional<KeyOrigin> parse_key_origin(std::string_view text) {
  for (const KeyOrigin origin : key_origins) {
    if (text == format_key_origin(origin)) return origin;
  }
  return std::nullopt;
}

PersonKey kind_of(KeyOrigin origin) {
  return origin == KeyOrigin::smimea ? PersonKey::certificate : PersonKey::openpgp;
}

}  // namespace postern::discovery
