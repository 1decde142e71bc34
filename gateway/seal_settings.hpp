// How mail is sealed for a recipient: scoped settings, resolved. The nearest scope that says something wins.
#pragma once

#include <optional>

#include "crypto/smime.hpp"

namespace postern::gateway {

struct SealSettings {
  crypto::ContentCipher content = crypto::ContentCipher::aes256_cbc;
  std::optional<crypto::SignatureForm> sign = crypto::SignatureForm::clear;  // S/MIME; nothing: never
  bool hide_subject = false;  // for readers that show what is inside (RFC 9788)
  bool operator==(const SealSettings&) const = default;
};

}  // namespace postern::gateway
