#include "crypto/certificate.hpp"

#include <array>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/hex.hpp"
#include "crypto/openssl.hpp"

namespace postern::crypto {
namespace {

using Names = std::unique_ptr<GENERAL_NAMES, Frees<GENERAL_NAMES_free>>;

std::string_view text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string format_name(const X509_NAME* name) {
  const Bio out = write_bio();
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  return std::string(contents(out));
}

/// RFC 9598: an otherName whose value is a UTF8String.
const ASN1_STRING* utf8_mailbox(const GENERAL_NAME& name) {
  if (name.type != GEN_OTHERNAME || OBJ_obj2nid(name.d.otherName->type_id) != NID_id_on_SmtpUTF8Mailbox) return nullptr;
  const ASN1_TYPE* value = name.d.otherName->value;
  return value->type == V_ASN1_UTF8STRING ? value->value.utf8string : nullptr;
}

}  // namespace

Certificate::Certificate(X509* owned) : certificate_(owned, X509_free) {}

Result<Certificate> Certificate::parse_der(std::string_view der) {
  const ErrorQueue errors;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  X509* read = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
  if (read == nullptr) return errors.fail(Errc::invalid, "not a certificate in DER");
  Certificate certificate(read);
  if (at != end) return errors.fail(Errc::invalid, "there is something behind the certificate");
  return certificate;
}

Result<std::vector<Certificate>> Certificate::parse_pem(std::string_view pem) {
  const ErrorQueue errors;
  const Bio bio = read_bio(pem);
  std::vector<Certificate> all;
  while (X509* read = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    all.emplace_back(read);
  if (all.empty()) return errors.fail(Errc::invalid, "there is no certificate in PEM");
  return all;
}

Result<std::vector<Certificate>> Certificate::parse_pkcs7(std::string_view der) {
  const ErrorQueue errors;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<PKCS7, Frees<PKCS7_free>> bag(d2i_PKCS7(nullptr, &at, static_cast<long>(der.size())));
  if (!bag || !PKCS7_type_is_signed(bag.get()) || bag->d.sign == nullptr)
    return errors.fail(Errc::invalid, "not signed data of PKCS #7");
  std::vector<Certificate> all;
  for (int i = 0; i < sk_X509_num(bag->d.sign->cert); ++i) {
    X509* one = sk_X509_value(bag->d.sign->cert, i);
    X509_up_ref(one);
    all.emplace_back(one);
  }
  if (all.empty()) return errors.fail(Errc::invalid, "there is no certificate in the signed data");
  return all;
}

std::string Certificate::der() const {
  unsigned char* out = nullptr;
  const int size = i2d_X509(certificate_.get(), &out);
  if (size < 0) return {};
  std::string der(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

std::string Certificate::fingerprint() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate_.get(), EVP_sha256(), digest.data(), &size);
  return format_hex(std::span(digest.data(), size));
}

std::string Certificate::subject() const {
  return format_name(X509_get_subject_name(certificate_.get()));
}

std::string Certificate::issuer() const {
  return format_name(X509_get_issuer_name(certificate_.get()));
}

Time Certificate::not_before() const {
  return time_of(X509_get0_notBefore(certificate_.get()));
}

Time Certificate::not_after() const {
  return time_of(X509_get0_notAfter(certificate_.get()));
}

std::vector<std::string> Certificate::alternative_addresses() const {
  const ErrorQueue errors;
  const Names names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate_.get(), NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> addresses;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names.get(), i);
    if (name.type == GEN_EMAIL) addresses.emplace_back(text_of(name.d.rfc822Name));
    if (const ASN1_STRING* mailbox = utf8_mailbox(name)) addresses.emplace_back(text_of(mailbox));
  }
  return addresses;
}

std::vector<std::string> Certificate::subject_addresses() const {
  const X509_NAME* subject = X509_get_subject_name(certificate_.get());
  std::vector<std::string> addresses;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_pkcs9_emailAddress, at)) >= 0;)
    addresses.emplace_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  return addresses;
}

KeyAlgorithm Certificate::algorithm() const {
  const EVP_PKEY* key = X509_get0_pubkey(certificate_.get());
  return key == nullptr ? KeyAlgorithm::other : algorithm_of(key);
}

int Certificate::bits() const {
  const EVP_PKEY* key = X509_get0_pubkey(certificate_.get());
  return key == nullptr ? 0 : EVP_PKEY_get_bits(key);
}

}  // namespace postern::crypto
