#include "crypto/signing_identity.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/certificate.hpp"
#include "crypto/openssl.hpp"

namespace postern::crypto {
namespace {

Result<PrivateKey> load_any(const SigningIdentity& identity, const std::filesystem::path& base) {
  if (const auto* secret = std::get_if<Secret>(&identity.key)) return PrivateKey::parse(*secret);
  return PrivateKey::load(std::get<KeyReference>(identity.key), base);
}

}  // namespace

Result<PrivateKey> load_signing_key(const SigningIdentity& identity, const std::filesystem::path& base) {
  if (identity.kind != KeyKind::certificate) return fail(Errc::invalid, "an OpenPGP identity has no certificate's key");
  const auto certificate = Certificate::parse_der(identity.bytes);
  if (!certificate) return fail(certificate.error());
  auto key = load_any(identity, base);
  if (!key) return key;
  const ErrorQueue errors;
  const EVP_PKEY* of_certificate = X509_get0_pubkey(certificate->get());
  if (of_certificate == nullptr || EVP_PKEY_eq(of_certificate, key->get()) != 1)
    return errors.fail(Errc::invalid, "the private key is not that of the certificate");
  return key;
}

Result<Secret> load_openpgp_secret(const SigningIdentity& identity, const std::filesystem::path& base) {
  if (identity.kind != KeyKind::openpgp) return fail(Errc::invalid, "a certificate's identity has no OpenPGP key");
  if (const auto* secret = std::get_if<Secret>(&identity.key)) return *secret;
  const auto* readable = std::get_if<SecretRef>(&std::get<KeyReference>(identity.key));
  if (readable == nullptr) return fail(Errc::invalid, "an OpenPGP key cannot lie in a PKCS#11 token");
  return load_secret(*readable, base);
}

}  // namespace postern::crypto
