// What a certificate's key can be encrypted to, and how. RFC 8551 §2.3: RSA by key transport, P-256 and P-384 by ECDH.
#pragma once

#include <openssl/types.h>

#include "base/error.hpp"
#include "crypto/certificate.hpp"

namespace postern::crypto {

struct RecipientKey {
  KeyAlgorithm algorithm = KeyAlgorithm::other;
  int bits = 0;
  /// For CMS in the recipient's place. The same certificate, but where its key is marked "RSAES-OAEP only" (which
  /// OpenSSL 3.0 cannot load): then one with a plain RSA key under the same issuer and serial number.
  Certificate certificate;
  const EVP_MD* oaep_digest = nullptr;  // set: RSAES-OAEP and nothing else (RFC 4055 §4.1)
  const EVP_MD* oaep_mask = nullptr;
};

/// Errc::invalid: nothing here encrypts to that key; the text says why and of which kind it is.
[[nodiscard]] Result<RecipientKey> recipient_key(const Certificate& certificate);

}  // namespace postern::crypto
