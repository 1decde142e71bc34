// Certificates as a stranger's directory gives them: what is read is written the same again, and is chosen only where
// it names the address and is in time.
#include "crypto/certificate.hpp"

#include <algorithm>

#include <openssl/err.h>

#include "crypto/certificate_choice.hpp"
#include "crypto/revocation.hpp"
#include "fuzz/target.hpp"

using namespace postern;
using namespace postern::crypto;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const mail::Address bob = *mail::Address::parse("bob@lab.example");
  static const Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28);
  const auto certificate = Certificate::parse_der(fuzz::text(data, size));
  require(ERR_peek_error() == 0);
  if (!certificate) return 0;
  const auto again = Certificate::parse_der(certificate->der());
  require(again && again->fingerprint() == certificate->fingerprint());
  (void)certificate->subject();
  (void)certificate->issuer();
  (void)certificate->bits();

  CertificateCandidate candidate{
      .certificate = *certificate, .trust = Trust::pinned, .revocation = RevocationStatus::good};
  const ChoiceRules rules{.now = now, .use_found = true};
  const Anchors anchors({*certificate});
  const auto choice = choose_recipient({candidate}, bob, anchors, rules);
  require(choice.chosen.has_value() == choice.rejected.empty());
  if (choice.chosen) {
    auto addresses = certificate->alternative_addresses();
    std::ranges::copy(certificate->subject_addresses(), std::back_inserter(addresses));
    require(std::ranges::any_of(addresses, [](const std::string& one) {
      const auto parsed = mail::Address::parse(one);
      return parsed && mail::same_mailbox(*parsed, bob);
    }));
    require(certificate->not_before() <= now && now <= certificate->not_after());
    require(certificate->algorithm() != KeyAlgorithm::rsa || certificate->bits() >= 2048);
  }
  (void)choose_signer({candidate}, bob, anchors, rules);
  candidate.revocation = RevocationStatus::revoked;
  require(!choose_recipient({candidate}, bob, anchors, rules).chosen);

  for (const auto& sources = revocation_sources(*certificate); const std::string& url : sources.crl)
    require(url.size() > 7);
  (void)ocsp_request(*certificate, *certificate);
  require(ERR_peek_error() == 0);
  return 0;
}
