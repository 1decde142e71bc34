// Was it revoked? CRLs (RFC 5280 §5) and OCSP (RFC 6960) as bytes; who fetches them, and where they are kept, is not
// decided here. An answer counts only where its signature holds and its time has come and not passed. Everything else
// is `unknown`, with the reason, and what that means is the choice's rule (certificate_choice.hpp).
//
//   for (const std::string& url : revocation_sources(certificate).ocsp)   … POST ocsp_request(certificate, issuer) …
//     answer = check_ocsp(certificate, issuer, response, now);            … keep it until answer.until …
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "crypto/certificate_choice.hpp"

namespace postern::crypto {

struct RevocationAnswer {
  RevocationStatus status = RevocationStatus::unknown;
  Time until{};      // so long it may be kept; an `unknown` is not kept: ask again
  std::string text;  // "CRL of 2026-11-28T10:00:00.000Z"
  Time said{};       // when its issuer said so (thisUpdate)
};

/// Where the certificate says that one may ask; http alone (RFC 5280 §4.2.1.13, §4.2.2.1). Both empty: `not_offered`.
struct RevocationSources {
  std::vector<std::string> ocsp, crl;
};
[[nodiscard]] RevocationSources revocation_sources(const Certificate& certificate);

/// `crl`: DER or PEM. Full lists of the certificate's own issuer; deltas and lists by others are `unknown`.
[[nodiscard]] RevocationAnswer check_crl(const Certificate& certificate, const Certificate& issuer,
                                         std::string_view crl, Time now);

/// DER, for POST with application/ocsp-request. The same for the same certificate, so that answers may be cached on the
/// way (RFC 5019 §2.1: no nonce, SHA-1 to name the issuer).
[[nodiscard]] Result<std::string> ocsp_request(const Certificate& certificate, const Certificate& issuer);
[[nodiscard]] RevocationAnswer check_ocsp(const Certificate& certificate, const Certificate& issuer,
                                          std::string_view response, Time now);

/// Of a chain's certificates the worst counts, and as long as the shortest.
[[nodiscard]] RevocationAnswer worse(RevocationAnswer a, RevocationAnswer b);

}  // namespace postern::crypto
