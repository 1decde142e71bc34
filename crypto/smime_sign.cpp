#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "base/ascii.hpp"
#include "crypto/cms.hpp"
#include "crypto/smime.hpp"
#include "crypto/smime_layout.hpp"

namespace postern::crypto {
namespace {

struct SigningDigest {
  const EVP_MD* algorithm = nullptr;
  std::string_view micalg;
};

/// RFC 8551 §2.1, and for a curve the digest of its strength (RFC 5753 §8).
SigningDigest digest_of(std::string_view name) {
  const std::string lower = lowered(name);
  if (lower == "sha384" || lower == "sha2-384") return {EVP_sha384(), "sha-384"};
  if (lower == "sha512" || lower == "sha2-512") return {EVP_sha512(), "sha-512"};
  return {EVP_sha256(), "sha-256"};
}

SigningDigest digest_for(const PrivateKey& key) {
  std::array<char, 64> name{};
  switch (key.algorithm()) {
    case KeyAlgorithm::p384: return digest_of("sha384");
    case KeyAlgorithm::p521: return digest_of("sha512");
    case KeyAlgorithm::rsa:
      // A key that is for RSASSA-PSS alone may say with which digest (RFC 4055 §3.1).
      if (EVP_PKEY_get_default_digest_name(key.get(), name.data(), name.size()) == 2) return digest_of(name.data());
      return digest_of("sha256");
    default: return digest_of("sha256");
  }
}

/// Why not; empty: it can.
std::string cannot_sign(const SmimeSigner& signer) {
  const KeyAlgorithm algorithm = signer.key.algorithm();
  if (algorithm == KeyAlgorithm::ed25519)
    return "the signing key is Ed25519, and OpenSSL " + std::string(OpenSSL_version(OPENSSL_VERSION_STRING)) +
           " does not sign CMS with it (RFC 8419); take an RSA or P-256 key";
  if (algorithm == KeyAlgorithm::x25519 || algorithm == KeyAlgorithm::other)
    return "the signing key is of a kind that does not sign (" + std::string(format_key_algorithm(algorithm)) + ")";
  if (X509_check_private_key(signer.certificate.get(), signer.key.get()) != 1)
    return "the signing key is not the key of its certificate " + signer.certificate.fingerprint();
  return {};
}

using Algorithm = std::unique_ptr<X509_ALGOR, Frees<X509_ALGOR_free>>;
using Algorithms =
    std::unique_ptr<STACK_OF(X509_ALGOR),
                    decltype([](STACK_OF(X509_ALGOR) * all) { sk_X509_ALGOR_pop_free(all, X509_ALGOR_free); })>;

/// RFC 8551 §2.5.2: what may be used for an answer. Only what every reader of the last twenty years opens.
bool add_capabilities(CMS_SignerInfo* info) {
  STACK_OF(X509_ALGOR)* all = nullptr;
  bool good = true;
  for (const int cipher : {NID_aes_256_cbc, NID_aes_192_cbc, NID_aes_128_cbc})
    good = good && CMS_add_simple_smimecap(&all, cipher, -1) == 1;
  const Algorithms owned(all);
  return good && CMS_add_smimecap(info, all) == 1;
}

/// The digest is made of the entity where it lies. OpenSSL's own CMS_final would send every octet through a chain of
/// BIOs, in pieces of 4 KiB, and ask for the same attributes in the end.
bool add_attributes(CMS_SignerInfo* info, std::string_view digest) {
  return add_capabilities(info) &&
         CMS_signed_add1_attr_by_NID(info, NID_pkcs9_contentType, V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data), -1) ==
             1 &&
         CMS_signed_add1_attr_by_NID(info, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, digest.data(),
                                     static_cast<int>(digest.size())) == 1;
}

bool only_pss(const PrivateKey& key) {
  return EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA_PSS;
}

/// A key that is for RSASSA-PSS alone signs so, with as much salt as digest (RFC 4056 §3); all other RSA by PKCS #1
/// v1.5. OpenSSL would write the algorithm down in CMS_final, which is not called here.
bool set_padding(CMS_SignerInfo* info, const PrivateKey& key) {
  if (!only_pss(key)) return true;
  EVP_PKEY_CTX* how = CMS_SignerInfo_get0_pkey_ctx(info);
  std::array<unsigned char, 128> der{};
  OSSL_PARAM asked[] = {OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, der.data(), der.size()),
                        OSSL_PARAM_construct_end()};
  if (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) <= 0 ||
      EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) <= 0 || EVP_PKEY_CTX_get_params(how, asked) != 1)
    return false;
  const unsigned char* at = der.data();
  const Algorithm algorithm(d2i_X509_ALGOR(nullptr, &at, static_cast<long>(asked[0].return_size)));
  X509_ALGOR* written = nullptr;
  CMS_SignerInfo_get0_algs(info, nullptr, nullptr, nullptr, &written);
  return algorithm && X509_ALGOR_copy(written, algorithm.get()) == 1;
}

bool add_chain(const Cms& cms, const SmimeSigner& signer) {
  std::vector<const X509*> there = {signer.certificate.get()};
  for (const Certificate& one : signer.chain) {
    const bool again = std::ranges::any_of(there, [&](const X509* other) { return X509_cmp(one.get(), other) == 0; });
    if (again) continue;  // OpenSSL takes none twice
    if (CMS_add1_cert(cms.get(), one.get()) != 1) return false;
    there.push_back(one.get());
  }
  return true;
}

}  // namespace

Result<std::string> sign_smime(std::string_view entity, const SmimeSigner& signer, SignatureForm form) {
  const ErrorQueue errors;
  if (const std::string why = cannot_sign(signer); !why.empty()) return fail(Errc::invalid, why);
  if (entity.size() > largest_entity) return fail(Errc::limit, "the message is too large to be signed");

  const SigningDigest digest = digest_for(signer.key);
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned size = 0;
  EVP_Digest(entity.data(), entity.size(), value.data(), &size, digest.algorithm, nullptr);
  const std::string_view digested(reinterpret_cast<const char*>(value.data()), size);

  const unsigned flags =
      CMS_PARTIAL | CMS_BINARY | CMS_DETACHED | CMS_NOSMIMECAP | (only_pss(signer.key) ? CMS_KEY_PARAM : 0U);
  const Cms cms(CMS_sign(nullptr, nullptr, nullptr, nullptr, flags));
  CMS_SignerInfo* info =
      !cms ? nullptr : CMS_add1_signer(cms.get(), signer.certificate.get(), signer.key.get(), digest.algorithm, flags);
  if (info == nullptr || !set_padding(info, signer.key) || !add_chain(cms, signer) || !add_attributes(info, digested))
    return errors.fail(Errc::invalid, "the signing key and its certificate cannot be used in CMS");
  if (CMS_SignerInfo_sign(info) != 1) return errors.fail(Errc::unavailable, "the signing key did not sign");

  if (form == SignatureForm::opaque) {
    CMS_set_detached(cms.get(), 0);
    ASN1_OCTET_STRING* content = content_to_set(cms);
    if (content == nullptr || ASN1_STRING_set(content, entity.data(), static_cast<int>(entity.size())) != 1)
      return errors.fail(Errc::unavailable, "there is no memory for the signed message");
  }
  const std::string der = der_of(cms);
  if (der.empty()) return errors.fail(Errc::unavailable, "the signature cannot be encoded");
  if (form == SignatureForm::opaque) return lay_out_pkcs7_mime("signed-data", der);
  return lay_out_signed(entity, {.der = der, .micalg = digest.micalg, .digest = digested});
}

}  // namespace postern::crypto
