// Certificates for mail, made on the spot: authorities, senders and recipients of every kind of key, and wrong ones.
//
//   const MailPki root = mail_authority("root");
//   const MailPki ann = issue_mail(&root, {.addresses = {"ann@clinic.example"}, .key = "p256"});
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/clock.hpp"
#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"
#include "tests/support/pki.hpp"

namespace postern::test {

struct MailPki {
  crypto::Certificate certificate;
  crypto::PrivateKey key;
};

struct MailWanted {
  std::string name = "test";
  std::vector<std::string> addresses = {};  // rfc822Name
  std::string utf8_mailbox = {};            // SmtpUTF8Mailbox
  std::string subject_address = {};         // emailAddress in the subject
  std::string key = "p256";                 // or p384, p521, rsa2048, rsa1024, rsa-pss, rsa-oaep, ed25519, x25519
  std::string usage = {};                   // keyUsage
  std::string purpose = "emailProtection";  // extendedKeyUsage; empty: none
  bool is_ca = false;
  long from_days = -1, to_days = 30;
  std::vector<std::pair<int, std::string>> more = {};  // further extensions, as openssl.cnf writes them
  const char* digest = "SHA256";
  Time now = SystemClock().now();
};

/// Of each kind one for the whole run: what differs is the certificate. "rsa2048/2" is a second one.
inline crypto::PrivateKey mail_key(const std::string& kind) {
  static std::map<std::string, crypto::PrivateKey> made;
  const auto found = made.find(kind);
  if (found != made.end()) return found->second;
  const std::string base = kind.substr(0, kind.find('/'));
  EVP_PKEY* key = nullptr;
  if (base == "p256") key = EVP_EC_gen("P-256");
  if (base == "p384") key = EVP_EC_gen("P-384");
  if (base == "p521") key = EVP_EC_gen("P-521");
  if (base == "rsa2048" || base == "rsa-oaep") key = EVP_RSA_gen(2048);
  if (base == "rsa1024") key = EVP_RSA_gen(1024);
  if (base == "ed25519") key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (base == "x25519") key = EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519");
  if (base == "rsa-pss" || base == "rsa-pss-sha384") {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, nullptr);
    EVP_PKEY_keygen_init(context);
    EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048);
    if (base == "rsa-pss-sha384") {
      EVP_PKEY_CTX_set_rsa_pss_keygen_md(context, EVP_sha384());
      EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(context, EVP_sha384());
      EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(context, 48);
    }
    EVP_PKEY_generate(context, &key);
    EVP_PKEY_CTX_free(context);
  }
  if (key == nullptr) throw std::logic_error("no key of kind " + kind);
  return made.emplace(kind, crypto::PrivateKey(key)).first->second;
}

/// The key's kind becomes id-RSAES-OAEP, with SHA-1 (absent parameters) or what `parameters` is in DER.
inline void mark_for_oaep(X509* certificate, const std::string& parameters = {}) {
  X509_PUBKEY* info = X509_get_X509_PUBKEY(certificate);
  ASN1_OBJECT* kind = nullptr;
  const unsigned char* key = nullptr;
  int size = 0;
  X509_ALGOR* algorithm = nullptr;
  X509_PUBKEY_get0_param(&kind, &key, &size, &algorithm, info);
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(key, static_cast<std::size_t>(size)));
  ASN1_STRING* value = nullptr;
  if (!parameters.empty()) {
    value = ASN1_STRING_new();
    ASN1_STRING_set(value, parameters.data(), static_cast<int>(parameters.size()));
  }
  X509_PUBKEY_set0_param(info, OBJ_nid2obj(NID_rsaesOaep), value == nullptr ? V_ASN1_UNDEF : V_ASN1_SEQUENCE, value,
                         copy, size);
}

inline GENERAL_NAME* utf8_mailbox_name(const std::string& mailbox) {
  ASN1_TYPE* value = ASN1_TYPE_new();
  ASN1_UTF8STRING* text = ASN1_UTF8STRING_new();
  ASN1_STRING_set(text, mailbox.data(), static_cast<int>(mailbox.size()));
  ASN1_TYPE_set(value, V_ASN1_UTF8STRING, text);
  GENERAL_NAME* name = GENERAL_NAME_new();
  GENERAL_NAME_set0_othername(name, OBJ_nid2obj(NID_id_on_SmtpUTF8Mailbox), value);
  return name;
}

inline void add_addresses(X509* to, const MailWanted& wanted) {
  GENERAL_NAMES* names = GENERAL_NAMES_new();
  for (const std::string& address : wanted.addresses) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, address.data(), static_cast<int>(address.size()));
    GENERAL_NAME_set0_value(name, GEN_EMAIL, text);
    sk_GENERAL_NAME_push(names, name);
  }
  if (!wanted.utf8_mailbox.empty()) sk_GENERAL_NAME_push(names, utf8_mailbox_name(wanted.utf8_mailbox));
  if (sk_GENERAL_NAME_num(names) > 0) X509_add1_ext_i2d(to, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
  GENERAL_NAMES_free(names);
}

inline void add_text(X509_NAME* name, const char* what, const std::string& text) {
  X509_NAME_add_entry_by_txt(name, what, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1,
                             0);
}

/// `issuer` null: self-signed. A key that cannot sign (X25519) is for an issuer's certificate only.
inline MailPki issue_mail(const MailPki* issuer, const MailWanted& wanted) {
  static long serial = 1000;
  const crypto::PrivateKey key = mail_key(wanted.key);
  crypto::Certificate made(X509_new());
  X509* x509 = made.get();
  X509* by = issuer != nullptr ? issuer->certificate.get() : x509;
  EVP_PKEY* with = issuer != nullptr ? issuer->key.get() : key.get();
  const auto at = std::chrono::duration_cast<std::chrono::seconds>(wanted.now.time_since_epoch()).count();
  constexpr long day = 86'400;
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(x509), at + wanted.from_days * day);
  ASN1_TIME_set(X509_getm_notAfter(x509), at + wanted.to_days * day);
  X509_set_pubkey(x509, key.get());
  if (wanted.key.starts_with("rsa-oaep")) mark_for_oaep(x509);
  add_text(X509_get_subject_name(x509), "CN", wanted.name);
  if (!wanted.subject_address.empty()) add_text(X509_get_subject_name(x509), "emailAddress", wanted.subject_address);
  X509_set_issuer_name(x509, X509_get_subject_name(by));
  add_extension(x509, by, NID_basic_constraints, wanted.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  const std::string usage = !wanted.usage.empty() || !wanted.is_ca ? wanted.usage : "critical,keyCertSign,cRLSign";
  if (!usage.empty()) add_extension(x509, by, NID_key_usage, usage);
  if (!wanted.purpose.empty() && !wanted.is_ca) add_extension(x509, by, NID_ext_key_usage, wanted.purpose);
  add_addresses(x509, wanted);
  for (const auto& [nid, value] : wanted.more)
    add_extension(x509, by, nid, value);
  const bool pure = EVP_PKEY_get_base_id(with) == EVP_PKEY_ED25519;
  if (X509_sign(x509, with, pure ? nullptr : EVP_get_digestbyname(wanted.digest)) <= 0)
    throw std::logic_error("a certificate could not be signed");
  return {made, key};
}

inline MailPki mail_authority(const std::string& name, MailWanted wanted = {}) {
  wanted.name = name;
  wanted.is_ca = true;
  wanted.to_days = 3650;
  return issue_mail(nullptr, wanted);
}

/// Read again from its DER, as every certificate comes to us.
inline crypto::Certificate reread(const crypto::Certificate& certificate) {
  return *crypto::Certificate::parse_der(certificate.der());
}

}  // namespace postern::test
