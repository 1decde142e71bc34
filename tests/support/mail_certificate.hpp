// Certificates that name mail addresses, made on the spot.
#pragma once

#include "tests/support/pki.hpp"

namespace postern::test {

struct MailWanted {
  std::string subject = {};                   // emailAddress in it
  std::vector<std::string> alternative = {};  // rfc822Name
  bool is_ca = false;
  long to_days = 30;
};

/// `issuer` null: self-signed.
inline Pki mail_certificate(const Pki* issuer, const MailWanted& wanted) {
  Pki made =
      issue(issuer, {.common_name = "somebody", .is_ca = wanted.is_ca, .from_days = -9, .to_days = wanted.to_days});
  X509* certificate = made.certificate.get();
  X509* by = issuer != nullptr ? issuer->certificate.get() : certificate;
  if (!wanted.subject.empty()) {
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_NID(subject, NID_pkcs9_emailAddress, MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(wanted.subject.c_str()), -1, -1, 0);
    if (issuer == nullptr) X509_set_issuer_name(certificate, subject);
  }
  std::string names;
  for (const std::string& name : wanted.alternative)
    names += (names.empty() ? "email:" : ",email:") + name;
  if (!names.empty()) add_extension(certificate, by, NID_subject_alt_name, names);
  X509_sign(certificate, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256());
  return made;
}

}  // namespace postern::test
