#include "crypto/recipient_key.hpp"

#include <openssl/rsa.h>

#include "crypto/openssl.hpp"

namespace postern::crypto {
namespace {

using OaepParameters = std::unique_ptr<RSA_OAEP_PARAMS, Frees<RSA_OAEP_PARAMS_free>>;
using Key = std::unique_ptr<EVP_PKEY, Frees<EVP_PKEY_free>>;

struct PublicKeyInfo {
  ASN1_OBJECT* kind = nullptr;
  const unsigned char* key = nullptr;
  int size = 0;
  X509_ALGOR* parameters = nullptr;
};

PublicKeyInfo public_key_info(const Certificate& certificate) {
  PublicKeyInfo info;
  X509_PUBKEY_get0_param(&info.kind, &info.key, &info.size, &info.parameters, X509_get_X509_PUBKEY(certificate.get()));
  return info;
}

/// Null: one that is not supported.
const EVP_MD* digest_of(const X509_ALGOR* algorithm) {
  if (algorithm == nullptr) return EVP_sha1();  // RFC 4055 §4.1: the default
  switch (OBJ_obj2nid(algorithm->algorithm)) {
    case NID_sha1: return EVP_sha1();
    case NID_sha256: return EVP_sha256();
    case NID_sha384: return EVP_sha384();
    case NID_sha512: return EVP_sha512();
    default: return nullptr;
  }
}

using Algorithm = std::unique_ptr<X509_ALGOR, Frees<X509_ALGOR_free>>;

const EVP_MD* mask_digest_of(const X509_ALGOR* function) {
  if (function == nullptr) return EVP_sha1();
  if (OBJ_obj2nid(function->algorithm) != NID_mgf1) return nullptr;
  const Algorithm digest(
      static_cast<X509_ALGOR*>(ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR), function->parameter)));
  return digest ? digest_of(digest.get()) : nullptr;
}

bool read_parameters(const X509_ALGOR* algorithm, RecipientKey& key) {
  key.oaep_digest = key.oaep_mask = EVP_sha1();
  if (algorithm->parameter == nullptr || algorithm->parameter->type == V_ASN1_NULL) return true;
  const OaepParameters parameters(
      static_cast<RSA_OAEP_PARAMS*>(ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_OAEP_PARAMS), algorithm->parameter)));
  if (!parameters || parameters->pSourceFunc != nullptr) return false;
  key.oaep_digest = digest_of(parameters->hashFunc);
  key.oaep_mask = mask_digest_of(parameters->maskGenFunc);
  return key.oaep_digest != nullptr && key.oaep_mask != nullptr;
}

Result<RecipientKey> oaep_key(const Certificate& certificate, const PublicKeyInfo& info) {
  const ErrorQueue errors;
  const unsigned char* at = info.key;
  const Key rsa(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, info.size));
  X509* twin = X509_dup(certificate.get());
  if (twin == nullptr || !rsa || X509_set_pubkey(twin, rsa.get()) != 1) {
    X509_free(twin);
    return errors.fail(Errc::invalid, "its RSAES-OAEP key cannot be read");
  }
  RecipientKey key{
      .algorithm = KeyAlgorithm::rsa, .bits = EVP_PKEY_get_bits(rsa.get()), .certificate = Certificate(twin)};
  if (!read_parameters(info.parameters, key)) return fail(Errc::invalid, "its RSAES-OAEP parameters are unusual ones");
  return key;
}

/// Empty: it is a kind that we encrypt to.
std::string_view refusal(KeyAlgorithm algorithm, int kind) {
  if (kind == NID_rsassaPss) return "its RSA key is for RSASSA-PSS signatures alone";
  switch (algorithm) {
    case KeyAlgorithm::rsa:
    case KeyAlgorithm::p256:
    case KeyAlgorithm::p384:
    case KeyAlgorithm::p521: return {};
    case KeyAlgorithm::ed25519: return "its Ed25519 key only signs";
    case KeyAlgorithm::x25519: return "its key is X25519, which OpenSSL 3.0 does not use in CMS (RFC 8418)";
    case KeyAlgorithm::other: break;
  }
  return "its key is of a kind that we do not encrypt to";
}

}  // namespace

Result<RecipientKey> recipient_key(const Certificate& certificate) {
  const ErrorQueue errors;
  const PublicKeyInfo info = public_key_info(certificate);
  const int kind = OBJ_obj2nid(info.kind);
  if (kind == NID_rsaesOaep) return oaep_key(certificate, info);
  RecipientKey key{.algorithm = certificate.algorithm(), .bits = certificate.bits(), .certificate = certificate};
  if (const std::string_view why = refusal(key.algorithm, kind); !why.empty())
    return fail(Errc::invalid, std::string(why));
  return key;
}

}  // namespace postern::crypto
