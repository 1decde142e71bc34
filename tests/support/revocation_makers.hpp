// CRLs and OCSP answers, made on the spot: right ones, and wrong ones of every kind.
//
//   make_crl({.revoked = {bob.certificate}}, root)          make_ocsp(bob, {.status = V_OCSP_CERTSTATUS_REVOKED}, root)
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <openssl/ocsp.h>

#include "crypto/openssl.hpp"
#include "tests/support/mail_pki.hpp"

namespace postern::test {

inline const Time makers_now = SystemClock().now();

inline std::string der_of(auto* object, auto encode) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

inline std::unique_ptr<ASN1_TIME, crypto::Frees<ASN1_TIME_free>> time_at(Time time) {
  return std::unique_ptr<ASN1_TIME, crypto::Frees<ASN1_TIME_free>>(
      ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(time)));
}

struct CrlWanted {
  std::vector<crypto::Certificate> revoked = {};
  Time from = makers_now - std::chrono::hours(1), next = makers_now + std::chrono::hours(24);
  bool has_next = true;
  std::string distribution_point = {};  // issuingDistributionPoint, as openssl.cnf writes it
};

inline std::string make_crl(const CrlWanted& wanted, const MailPki& by) {
  const std::unique_ptr<X509_CRL, crypto::Frees<X509_CRL_free>> list(X509_CRL_new());
  X509_CRL_set_version(list.get(), 1);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(by.certificate.get()));
  X509_CRL_set1_lastUpdate(list.get(), time_at(wanted.from).get());
  if (wanted.has_next) X509_CRL_set1_nextUpdate(list.get(), time_at(wanted.next).get());
  for (const auto& one : wanted.revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one.get()));
    X509_REVOKED_set_revocationDate(entry, time_at(wanted.from).get());
    X509_CRL_add0_revoked(list.get(), entry);
  }
  if (!wanted.distribution_point.empty()) {
    X509_EXTENSION* point =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_issuing_distribution_point, wanted.distribution_point.c_str());
    if (point == nullptr) throw std::logic_error("no distribution point: " + wanted.distribution_point);
    X509_CRL_add_ext(list.get(), point, -1);
    X509_EXTENSION_free(point);
  }
  X509_CRL_sort(list.get());
  X509_CRL_sign(list.get(), by.key.get(), EVP_sha256());
  return der_of(list.get(), i2d_X509_CRL);
}

struct OcspWanted {
  int status = V_OCSP_CERTSTATUS_GOOD;
  Time from = makers_now - std::chrono::hours(1), next = makers_now + std::chrono::hours(24);
  bool has_next = true;
};

inline std::string make_ocsp(const MailPki& about, const OcspWanted& what, const MailPki& by, const MailPki& issuer) {
  const std::unique_ptr<OCSP_BASICRESP, crypto::Frees<OCSP_BASICRESP_free>> basic(OCSP_BASICRESP_new());
  const std::unique_ptr<OCSP_CERTID, crypto::Frees<OCSP_CERTID_free>> id(
      OCSP_cert_to_id(EVP_sha1(), about.certificate.get(), issuer.certificate.get()));
  const auto from = time_at(what.from), next = time_at(what.next);
  OCSP_basic_add1_status(basic.get(), id.get(), what.status, 0,
                         what.status == V_OCSP_CERTSTATUS_REVOKED ? from.get() : nullptr, from.get(),
                         what.has_next ? next.get() : nullptr);
  OCSP_basic_sign(basic.get(), by.certificate.get(), by.key.get(), EVP_sha256(), nullptr, 0);
  const std::unique_ptr<OCSP_RESPONSE, crypto::Frees<OCSP_RESPONSE_free>> response(
      OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
  return der_of(response.get(), i2d_OCSP_RESPONSE);
}
inline std::string make_ocsp(const MailPki& about, const OcspWanted& what, const MailPki& issuer) {
  return make_ocsp(about, what, issuer, issuer);
}

}  // namespace postern::test
