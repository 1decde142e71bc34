#include <algorithm>

#include <openssl/rsa.h>

#include "crypto/cms.hpp"
#include "crypto/recipient_key.hpp"
#include "crypto/smime.hpp"
#include "crypto/smime_layout.hpp"

namespace postern::crypto {
namespace {

bool use_oaep(EVP_PKEY_CTX* how, const EVP_MD* digest, const EVP_MD* mask) {
  return EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_OAEP_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_oaep_md(how, digest) > 0 && EVP_PKEY_CTX_set_rsa_mgf1_md(how, mask) > 0;
}

/// What OpenSSL would not do by itself: its key derivation for ECDH is by SHA-1, RFC 8551 §2.3 says SHA-256.
bool set_parameters(EVP_PKEY_CTX* how, const RecipientKey& key, RsaTransport transport) {
  if (key.algorithm != KeyAlgorithm::rsa) return EVP_PKEY_CTX_set_ecdh_kdf_md(how, EVP_sha256()) > 0;
  if (key.oaep_digest != nullptr) return use_oaep(how, key.oaep_digest, key.oaep_mask);
  return transport == RsaTransport::by_certificate || use_oaep(how, EVP_sha256(), EVP_sha256());
}

Result<void> add_recipient(const Cms& cms, const Certificate& to, RsaTransport transport) {
  const auto which = [&] { return "the certificate " + to.fingerprint() + " cannot be encrypted to"; };
  const Result<RecipientKey> key = recipient_key(to);
  if (!key) return fail(Errc::invalid, which() + ": " + key.error().text, key.error().detail);
  const ErrorQueue errors;
  CMS_RecipientInfo* info = CMS_add1_recipient_cert(cms.get(), key->certificate.get(), CMS_KEY_PARAM);
  EVP_PKEY_CTX* how = info == nullptr ? nullptr : CMS_RecipientInfo_get0_pkey_ctx(info);
  if (how == nullptr || !set_parameters(how, *key, transport)) return errors.fail(Errc::invalid, which());
  return {};
}

/// Straight from where the entity lies into the object's content. OpenSSL's own CMS_encrypt goes through a BIO in
/// pieces of 4 KiB and a buffer that grows; its cipher context is the same one, with key and nonce already made.
bool encrypt_content(const Cms& cms, std::string_view entity) {
  CMS_set_detached(cms.get(), 0);
  const Bio chain(CMS_dataInit(cms.get(), nullptr));
  ASN1_OCTET_STRING* content = content_to_set(cms);
  EVP_CIPHER_CTX* context = nullptr;
  if (!chain || content == nullptr || BIO_get_cipher_ctx(chain.get(), &context) != 1) return false;

  auto* sealed = static_cast<unsigned char*>(OPENSSL_malloc(entity.size() + EVP_MAX_BLOCK_LENGTH));
  int body = 0, end = 0;
  if (sealed == nullptr ||
      EVP_EncryptUpdate(context, sealed, &body, reinterpret_cast<const unsigned char*>(entity.data()),
                        static_cast<int>(entity.size())) != 1 ||
      EVP_EncryptFinal_ex(context, sealed + body, &end) != 1) {
    OPENSSL_free(sealed);
    return false;
  }
  ASN1_STRING_set0(content, sealed, body + end);
  return CMS_dataFinal(cms.get(), chain.get()) == 1;  // of GCM the tag
}

}  // namespace

Result<std::string> encrypt_smime(std::string_view entity, const std::vector<Certificate>& to, ContentCipher cipher,
                                  RsaTransport transport) {
  if (to.empty()) return fail(Errc::invalid, "there is nobody to encrypt to");
  if (entity.size() > largest_entity) return fail(Errc::limit, "the message is too large to be encrypted");
  const ErrorQueue errors;
  const bool authenticated = cipher == ContentCipher::aes256_gcm;
  const Cms cms(authenticated ? CMS_AuthEnvelopedData_create(EVP_aes_256_gcm())
                              : CMS_EnvelopedData_create(EVP_aes_256_cbc()));
  if (!cms) return errors.fail(Errc::unavailable, "OpenSSL cannot make the cipher");
  for (auto one = to.begin(); one != to.end(); ++one) {
    const bool again =
        std::any_of(to.begin(), one, [&](const Certificate& other) { return X509_cmp(other.get(), one->get()) == 0; });
    if (again) continue;  // two addresses of one certificate
    if (const auto added = add_recipient(cms, *one, transport); !added) return fail(added.error());
  }
  if (!encrypt_content(cms, entity)) return errors.fail(Errc::unavailable, "the message could not be encrypted");
  const std::string der = der_of(cms);
  if (der.empty()) return errors.fail(Errc::unavailable, "the encrypted message cannot be encoded");
  return lay_out_pkcs7_mime(authenticated ? "authEnveloped-data" : "enveloped-data", der);
}

}  // namespace postern::crypto
