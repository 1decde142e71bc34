// Certificates of every kind, made on the spot: authorities, intermediates, leaves, and wrong ones.
//
//   const Pki root = authority("root");
//   const Pki leaf = issue(root, {.common_name = "mx.lab.example", .names = {"mx.lab.example"}});
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

namespace postern::test {

using KeyPtr = std::shared_ptr<EVP_PKEY>;
using CertificatePtr = std::shared_ptr<X509>;

struct Pki {
  KeyPtr key;
  CertificatePtr certificate;
};

struct Wanted {
  std::string common_name = "test";
  std::vector<std::string> names = {};  // subjectAltName
  bool is_ca = false;
  int path_length = -1;
  std::string usage = {};  // extendedKeyUsage: "serverAuth"
  long from_days = -1, to_days = 30;
};

inline void add_extension(X509* to, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(to, extension, -1);
  X509_EXTENSION_free(extension);
}

/// `issuer` null: self-signed.
inline Pki issue(const Pki* issuer, const Wanted& wanted) {
  static long serial = 0;
  constexpr long day = 86'400;
  Pki made{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
  X509* certificate = made.certificate.get();
  X509* by = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wanted.from_days * day);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wanted.to_days * day);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(by));
  std::string basic = wanted.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE";
  if (wanted.path_length >= 0) basic += ",pathlen:" + std::to_string(wanted.path_length);
  add_extension(certificate, by, NID_basic_constraints, basic);
  if (wanted.is_ca) add_extension(certificate, by, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate, by, NID_subject_key_identifier, "hash");
  if (!wanted.usage.empty()) add_extension(certificate, by, NID_ext_key_usage, wanted.usage);
  std::string names;
  for (const std::string& name : wanted.names)
    names += (names.empty() ? "DNS:" : ",DNS:") + name;
  if (!names.empty()) add_extension(certificate, by, NID_subject_alt_name, names);
  X509_sign(certificate, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256());
  return made;
}
inline Pki issue(const Pki& issuer, const Wanted& wanted) {
  return issue(&issuer, wanted);
}
inline Pki authority(const std::string& name) {
  return issue(nullptr, {.common_name = name, .is_ca = true});
}

inline std::string certificate_bytes(const Pki& of) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(of.certificate.get(), &der);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}
inline std::string key_bytes(const Pki& of) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(of.key.get(), &der);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}
inline std::string sha256(const std::string& bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}
inline std::string sha512(const std::string& bytes) {
  std::string digest(SHA512_DIGEST_LENGTH, '\0');
  SHA512(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}
inline std::string pem_of(const Pki& of) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(out.get(), of.certificate.get());
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}
inline std::string key_pem_of(const Pki& of) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(out.get(), of.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace postern::test
