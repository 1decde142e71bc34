// S/MIME 4.0 (RFC 8551) by OpenSSL's CMS: a MIME entity in, a MIME entity out. Blocking, no I/O.
//
//   auto sealed = sign_smime(cut.inner, signer, SignatureForm::clear).and_then(
//       [&](const std::string& entity) { return encrypt_smime(entity, certificates, ContentCipher::aes256_cbc); });
//
// Whose certificates, and whether they may be used, is decided before (certificate_choice).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"

namespace postern::crypto {

struct SmimeSigner {
  Certificate certificate;
  PrivateKey key;
  std::vector<Certificate> chain;  // intermediates that go with the signature
};

enum class SignatureForm {
  clear,   // multipart/signed: any client can read it
  opaque,  // signed-data: no relay can break it
};
enum class ContentCipher {
  aes256_cbc,  // enveloped-data
  aes256_gcm,  // auth-enveloped-data (RFC 5083, 5084)
};

/// `entity` has CRLF line ends. Errc::invalid: the key cannot sign in CMS (Ed25519 with this OpenSSL), and why.
[[nodiscard]] Result<std::string> sign_smime(std::string_view entity, const SmimeSigner& signer, SignatureForm form);

/// To every one of `to`, content encrypted once. Errc::invalid: a certificate whose key cannot be encrypted to
/// (X25519 with this OpenSSL), and which.
[[nodiscard]] Result<std::string> encrypt_smime(std::string_view entity, const std::vector<Certificate>& to,
                                                ContentCipher cipher);

}  // namespace postern::crypto
