#include "crypto/key_record.hpp"

namespace postern::crypto {

std::string_view format_key_kind(KeyKind kind) {
  return kind == KeyKind::certificate ? "certificate" : "openpgp";
}

std::string_view format_trust(Trust trust) {
  switch (trust) {
    case Trust::refused: return "refused";
    case Trust::found: return "found";
    case Trust::verified: return "verified";
    case Trust::pinned: break;
  }
  return "pinned";
}

}  // namespace postern::crypto
