#include "crypto/sender_ca.hpp"

#include <algorithm>
#include <array>

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "crypto/certificate_choice.hpp"
#include "crypto/openssl.hpp"

namespace postern::crypto {
namespace {

using Names = std::unique_ptr<GENERAL_NAMES, Frees<GENERAL_NAMES_free>>;
using Constraints = std::unique_ptr<NAME_CONSTRAINTS, Frees<NAME_CONSTRAINTS_free>>;
using Integer = std::unique_ptr<ASN1_INTEGER, Frees<ASN1_INTEGER_free>>;
using Number = std::unique_ptr<BIGNUM, Frees<BN_free>>;

constexpr std::chrono::days authority_lives{3652}, sender_lives{365};
constexpr std::chrono::minutes clocks_differ{10};  // a certificate is used at once, by clocks that are behind
constexpr std::size_t longest_common_name = 64;    // RFC 5280 §A.1, ub-common-name

PrivateKey make_key(SenderKey kind, unsigned rsa_bits) {
  return PrivateKey(kind == SenderKey::p256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(rsa_bits));
}

/// RFC 5280 §4.1.2.2: positive, at most 20 octets; and nobody can foresee it.
Integer make_serial(Random& random) {
  std::array<std::uint8_t, 16> octets{};
  random.fill(octets);
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x7f) | 0x40);
  const Number number(BN_bin2bn(octets.data(), octets.size(), nullptr));
  return Integer(BN_to_ASN1_INTEGER(number.get(), nullptr));
}

/// One certificate in the making; after the first step that fails, the others do nothing.
class Maker {
 public:
  Maker(const PrivateKey& key, Random& random) : made_(X509_new()) {
    check(X509_set_version(x509(), X509_VERSION_3));
    check(X509_set_serialNumber(x509(), make_serial(random).get()));
    check(X509_set_pubkey(x509(), key.get()));
  }
  void lives(Time from, Time to) {
    check(ASN1_TIME_set(X509_getm_notBefore(x509()), std::chrono::system_clock::to_time_t(from)) != nullptr);
    check(ASN1_TIME_set(X509_getm_notAfter(x509()), std::chrono::system_clock::to_time_t(to)) != nullptr);
  }
  void is_called(const std::string& name) {
    check(X509_NAME_add_entry_by_NID(X509_get_subject_name(x509()), NID_commonName, MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()),
                                     -1, 0));
  }
  /// Of our own words only: OpenSSL's configuration language.
  void extend(X509* issuer, int what, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x509(), nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
    check(extension != nullptr && X509_add_ext(x509(), extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }
  void extend(int what, void* value, bool critical) {
    check(X509_add1_ext_i2d(x509(), what, value, critical ? 1 : 0, X509V3_ADD_DEFAULT));
  }
  /// By SHA-256, with the issuer's name.
  Result<Certificate> sign(const X509* issuer, const PrivateKey& key, const ErrorQueue& errors) {
    check(X509_set_issuer_name(x509(), X509_get_subject_name(issuer)));
    check(good_ && X509_sign(x509(), key.get(), EVP_sha256()) > 0);
    if (!good_) return errors.fail(Errc::unavailable, "the certificate could not be made");
    return made_;
  }
  [[nodiscard]] X509* x509() const { return made_.get(); }

 private:
  void check(bool good) { good_ = good_ && good; }
  Certificate made_;
  bool good_ = true;
};

ASN1_STRING* text(int type, const std::string& octets) {
  ASN1_STRING* made = ASN1_STRING_type_new(type);
  ASN1_STRING_set(made, octets.data(), static_cast<int>(octets.size()));
  return made;
}

/// RFC 5280 §4.2.1.6; a local part beyond ASCII as SmtpUTF8Mailbox (RFC 9598 §3). The domain is in A-labels in both.
GENERAL_NAME* name_of(const mail::Address& address) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (address.is_ascii()) {
    GENERAL_NAME_set0_value(name, GEN_EMAIL, text(V_ASN1_IA5STRING, address.str()));
    return name;
  }
  ASN1_TYPE* value = ASN1_TYPE_new();
  ASN1_TYPE_set(value, V_ASN1_UTF8STRING, text(V_ASN1_UTF8STRING, address.str()));
  GENERAL_NAME_set0_othername(name, OBJ_nid2obj(NID_id_on_SmtpUTF8Mailbox), value);
  return name;
}

Constraints constraints_to(const std::vector<mail::Domain>& domains) {
  Constraints made(NAME_CONSTRAINTS_new());
  made->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
  for (const mail::Domain& domain : domains) {
    GENERAL_SUBTREE* tree = GENERAL_SUBTREE_new();
    GENERAL_NAME_set0_value(tree->base, GEN_EMAIL, text(V_ASN1_IA5STRING, domain.str()));
    sk_GENERAL_SUBTREE_push(made->permittedSubtrees, tree);
  }
  return made;
}

}  // namespace

Result<Identity> make_sender_ca(const SenderCaSettings& settings, Time now, Random& random) {
  const ErrorQueue errors;
  if (settings.name.empty() || settings.name.size() > longest_common_name)
    return fail(Errc::invalid, "an authority's name has 1 to 64 octets");
  const PrivateKey key = make_key(settings.key, 3072);
  Maker maker(key, random);
  maker.is_called(settings.name);
  maker.lives(now - clocks_differ, now + authority_lives);
  maker.extend(maker.x509(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  maker.extend(maker.x509(), NID_key_usage, "critical,keyCertSign,cRLSign");
  maker.extend(maker.x509(), NID_subject_key_identifier, "hash");
  maker.extend(maker.x509(), NID_ext_key_usage, "emailProtection");
  if (!settings.domains.empty()) maker.extend(NID_name_constraints, constraints_to(settings.domains).get(), true);
  auto made = maker.sign(maker.x509(), key, errors);
  if (!made) return fail(made.error());
  return Identity{*made, key};
}

Result<Identity> issue_sender(const Identity& ca, const mail::Address& address, SenderKey kind, Time now,
                              Random& random) {
  const ErrorQueue errors;
  if (now >= ca.certificate.not_after()) return fail(Errc::invalid, "the sender authority has expired");
  const PrivateKey key = make_key(kind, 2048);
  X509* issuer = ca.certificate.get();
  Maker maker(key, random);
  // RFC 5280 §4.1.2.6: without a subject the alternative names are critical. People are shown the former.
  const bool named = address.str().size() <= longest_common_name;
  if (named) maker.is_called(address.str());
  maker.lives(std::max(now - clocks_differ, ca.certificate.not_before()),
              std::min(now + sender_lives, ca.certificate.not_after()));
  maker.extend(issuer, NID_basic_constraints, "critical,CA:FALSE");
  maker.extend(issuer, NID_key_usage, "critical,digitalSignature");
  maker.extend(issuer, NID_ext_key_usage, "emailProtection");
  maker.extend(issuer, NID_subject_key_identifier, "hash");
  maker.extend(issuer, NID_authority_key_identifier, "keyid:always");
  const Names names(GENERAL_NAMES_new());
  sk_GENERAL_NAME_push(names.get(), name_of(address));
  maker.extend(NID_subject_alt_name, names.get(), !named);
  auto made = maker.sign(issuer, ca.key, errors);
  if (!made) return fail(made.error());
  // Its constraints are kept here as every reader keeps them.
  const auto chain = Anchors({ca.certificate}).chain(*made, Anchors::For::signing, now);
  if (!chain)
    return fail(Errc::invalid, "the sender authority may not issue for " + address.domain().str(), chain.error().text);
  return Identity{*made, key};
}

}  // namespace postern::crypto
