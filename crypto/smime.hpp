// S/MIME 4.0 (RFC 8551) by OpenSSL's CMS: a MIME entity in, a MIME entity out. Blocking, no I/O.
//
//   const auto entity = sign_smime(cut.inner, signer, SignatureForm::clear);
//   const auto sealed = encrypt_smime(*entity, certificates, ContentCipher::aes256_cbc);
//
// Whose certificates, and whether they may be used, is decided before (certificate_choice). What the recipient opens is
// the entity, octet for octet: nothing is made canonical here.
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
enum class RsaTransport {
  by_certificate,  // PKCS #1 v1.5, and RSAES-OAEP where the certificate's key is for nothing else (RFC 4055 §4.1)
  oaep,            // RSAES-OAEP with SHA-256 to every RSA key; gpgsm 2.2 and older Outlooks cannot open it
};

/// `entity` has CRLF line ends; a clear signature over others breaks at the first relay. Errc::invalid: the key cannot
/// sign in CMS (Ed25519 with this OpenSSL), and why. Errc::unavailable: it should have been able to (a token is gone).
[[nodiscard]] Result<std::string> sign_smime(std::string_view entity, const SmimeSigner& signer, SignatureForm form);

/// To every one of `to`, content encrypted once. Errc::invalid: a certificate whose key cannot be encrypted to
/// (X25519 with this OpenSSL), and which.
[[nodiscard]] Result<std::string> encrypt_smime(std::string_view entity, const std::vector<Certificate>& to,
                                                ContentCipher cipher,
                                                RsaTransport transport = RsaTransport::by_certificate);

}  // namespace postern::crypto
