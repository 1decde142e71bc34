#include "crypto/revocation.hpp"

#include <algorithm>
#include <optional>

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/ascii.hpp"
#include "crypto/openssl.hpp"

namespace postern::crypto {
namespace {

using Crl = std::unique_ptr<X509_CRL, Frees<X509_CRL_free>>;
using Store = std::unique_ptr<X509_STORE, Frees<X509_STORE_free>>;
using Context = std::unique_ptr<X509_STORE_CTX, Frees<X509_STORE_CTX_free>>;
using OcspRequest = std::unique_ptr<OCSP_REQUEST, Frees<OCSP_REQUEST_free>>;
using OcspResponse = std::unique_ptr<OCSP_RESPONSE, Frees<OCSP_RESPONSE_free>>;
using OcspBasic = std::unique_ptr<OCSP_BASICRESP, Frees<OCSP_BASICRESP_free>>;
using OcspId = std::unique_ptr<OCSP_CERTID, Frees<OCSP_CERTID_free>>;
using Points = std::unique_ptr<CRL_DIST_POINTS, Frees<CRL_DIST_POINTS_free>>;
using Urls = std::unique_ptr<STACK_OF(OPENSSL_STRING), Frees<X509_email_free>>;

constexpr std::chrono::minutes clocks_differ{5};
constexpr std::chrono::hours without_next_update{1};  // RFC 6960 §2.4: newer information is there at any time

RevocationAnswer unknown(std::string text) {
  return {.status = RevocationStatus::unknown, .text = std::move(text)};
}

std::string_view text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

bool is_http(std::string_view url) {
  return lowered(url.substr(0, 7)) == "http://" && !url.contains('\0');
}

/// The issuer alone is believed, whoever is above it.
Store only(const Certificate& issuer, Time now) {
  Store store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), issuer.get());
  X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(parameters, std::chrono::system_clock::to_time_t(now));
  return store;
}

Crl read_crl(std::string_view bytes) {
  if (bytes.starts_with("-----BEGIN")) {
    const Bio in = read_bio(bytes);
    return Crl(PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr));
  }
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  Crl crl(d2i_X509_CRL(nullptr, &at, static_cast<long>(bytes.size())));
  if (reinterpret_cast<const char*>(at) != bytes.data() + bytes.size()) crl.reset();
  return crl;
}

struct CrlFindings {
  bool revoked = false, stale = false;
};

/// That the certificate itself has expired is not the question here. A stale list still says who was revoked.
int note_findings(int good, X509_STORE_CTX* context) {
  if (good == 1) return 1;
  auto& found = *static_cast<CrlFindings*>(X509_STORE_CTX_get_app_data(context));
  switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_CERT_REVOKED: found.revoked = true; break;
    case X509_V_ERR_CRL_HAS_EXPIRED: found.stale = true; break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: break;
    default: return 0;
  }
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

/// OpenSSL finds out whether the list is the issuer's, covers this certificate (its distribution point, its kind) and
/// is signed by a key that may sign lists (RFC 5280 §6.3.3). Nothing: it is not, and `why`.
std::optional<CrlFindings> consult(X509_CRL* crl, const Certificate& certificate, const Certificate& issuer, Time now,
                                   std::string& why) {
  const Store store = only(issuer, now);
  const Context context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), nullptr);
  STACK_OF(X509_CRL)* lists = sk_X509_CRL_new_null();
  sk_X509_CRL_push(lists, crl);
  X509_STORE_CTX_set0_crls(context.get(), lists);
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context.get()), X509_V_FLAG_CRL_CHECK);
  CrlFindings found;
  X509_STORE_CTX_set_app_data(context.get(), &found);
  X509_STORE_CTX_set_verify_cb(context.get(), note_findings);
  const bool good = X509_verify_cert(context.get()) == 1;
  if (!good) why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
  sk_X509_CRL_free(lists);
  if (!good) return std::nullopt;
  return found;
}

/// Signed by the issuer, or by a responder that the issuer made one (RFC 6960 §4.2.2.2).
bool signed_for(OCSP_BASICRESP* basic, const Certificate& issuer, Time now) {
  const Store store = only(issuer, now);
  STACK_OF(X509)* known = sk_X509_new_null();
  sk_X509_push(known, issuer.get());
  const bool good = OCSP_basic_verify(basic, known, store.get(), 0) == 1;
  sk_X509_free(known);
  return good;
}

struct SingleResponse {
  int status = V_OCSP_CERTSTATUS_UNKNOWN;
  Time from{}, until{};
};

std::optional<SingleResponse> response_about(OCSP_BASICRESP* basic, const Certificate& certificate,
                                             const Certificate& issuer) {
  const OcspId id(OCSP_cert_to_id(EVP_sha1(), certificate.get(), issuer.get()));
  SingleResponse single;
  ASN1_GENERALIZEDTIME *from = nullptr, *next = nullptr;
  if (!id || OCSP_resp_find_status(basic, id.get(), &single.status, nullptr, nullptr, &from, &next) != 1)
    return std::nullopt;
  single.from = time_of(from);
  single.until = next != nullptr ? time_of(next) : single.from + without_next_update;
  return single;
}

RevocationAnswer answer_of(const SingleResponse& single, Time now) {
  const std::string of = "OCSP of " + format_rfc3339(single.from);
  if (single.status == V_OCSP_CERTSTATUS_REVOKED)  // however old: who was revoked remains so
    return {.status = RevocationStatus::revoked, .until = single.until, .text = of, .said = single.from};
  if (single.from > now + clocks_differ) return unknown("the OCSP answer is of the future");
  if (single.until < now - clocks_differ) return unknown("the OCSP answer is no longer valid");
  if (single.status != V_OCSP_CERTSTATUS_GOOD) return unknown("the OCSP responder does not know the certificate");
  return {.status = RevocationStatus::good, .until = single.until, .text = of, .said = single.from};
}

}  // namespace

RevocationSources revocation_sources(const Certificate& certificate) {
  const ErrorQueue errors;
  RevocationSources sources;
  const Urls ocsp(X509_get1_ocsp(certificate.get()));
  for (int i = 0; ocsp && i < sk_OPENSSL_STRING_num(ocsp.get()); ++i) {
    const std::string_view url = sk_OPENSSL_STRING_value(ocsp.get(), i);
    if (is_http(url)) sources.ocsp.emplace_back(url);
  }
  const Points points(static_cast<CRL_DIST_POINTS*>(
      X509_get_ext_d2i(certificate.get(), NID_crl_distribution_points, nullptr, nullptr)));
  for (int i = 0; points && i < sk_DIST_POINT_num(points.get()); ++i) {
    const DIST_POINT& point = *sk_DIST_POINT_value(points.get(), i);
    if (point.distpoint == nullptr || point.distpoint->type != 0) continue;
    const GENERAL_NAMES* names = point.distpoint->name.fullname;
    for (int j = 0; j < sk_GENERAL_NAME_num(names); ++j) {
      const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names, j);
      if (name.type == GEN_URI && is_http(text_of(name.d.uniformResourceIdentifier)))
        sources.crl.emplace_back(text_of(name.d.uniformResourceIdentifier));
    }
  }
  return sources;
}

RevocationAnswer check_crl(const Certificate& certificate, const Certificate& issuer, std::string_view bytes,
                           Time now) {
  const ErrorQueue errors;
  const Crl crl = read_crl(bytes);
  if (!crl) return unknown("what was fetched is no CRL");
  if (X509_CRL_get0_nextUpdate(crl.get()) == nullptr)
    return unknown("the CRL does not say when the next one comes");  // RFC 5280 §5.1.2.5: it must
  std::string why;
  const auto found = consult(crl.get(), certificate, issuer, now, why);
  if (!found) return unknown("the CRL does not count: " + why);
  const Time said = time_of(X509_CRL_get0_lastUpdate(crl.get()));
  const std::string of = "CRL of " + format_rfc3339(said);
  const Time until = time_of(X509_CRL_get0_nextUpdate(crl.get()));
  if (found->revoked) return {.status = RevocationStatus::revoked, .until = until, .text = of, .said = said};
  if (found->stale) return unknown("the CRL is no longer valid");
  return {.status = RevocationStatus::good, .until = until, .text = of, .said = said};
}

Result<std::string> ocsp_request(const Certificate& certificate, const Certificate& issuer) {
  const ErrorQueue errors;
  const OcspRequest request(OCSP_REQUEST_new());
  OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), certificate.get(), issuer.get());
  if (!request || id == nullptr || OCSP_request_add0_id(request.get(), id) == nullptr)
    return errors.fail(Errc::invalid, "no OCSP request can be made for the certificate");
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &der);
  if (size <= 0) return errors.fail(Errc::invalid, "no OCSP request can be made for the certificate");
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

RevocationAnswer check_ocsp(const Certificate& certificate, const Certificate& issuer, std::string_view response,
                            Time now) {
  const ErrorQueue errors;
  const auto* at = reinterpret_cast<const unsigned char*>(response.data());
  const OcspResponse read(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(response.size())));
  if (!read) return unknown("what was fetched is no OCSP answer");
  if (const int status = OCSP_response_status(read.get()); status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return unknown(std::string("the OCSP responder says: ") + OCSP_response_status_str(status));
  const OcspBasic basic(OCSP_response_get1_basic(read.get()));
  if (!basic) return unknown("the OCSP answer is of an unknown kind");
  if (!signed_for(basic.get(), issuer, now)) return unknown("the OCSP answer's signature does not count");
  const auto single = response_about(basic.get(), certificate, issuer);
  if (!single) return unknown("the OCSP answer is about another certificate");
  return answer_of(*single, now);
}

RevocationAnswer worse(RevocationAnswer a, RevocationAnswer b) {
  const Time until = std::min(a.until, b.until);
  RevocationAnswer& chosen = a.status < b.status ? b : a;
  chosen.until = until;
  return std::move(chosen);
}

}  // namespace postern::crypto
