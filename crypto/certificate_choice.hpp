// Which certificate? Of those that are known for an address, the one to encrypt to, or the one to sign with; and of
// each other one why not. Pure: who is believed, what is revoked and what time it is are given.
//
//   const Anchors anchors({roots}, {intermediates});
//   const CertificateChoice choice = choose_recipient(candidates, address, anchors, rules);
//   if (choice.chosen) … candidates[*choice.chosen] …; for (const Rejection& one : choice.rejected) …
//
// RFC 8550 §4 (certificates for mail), RFC 5280 §6 (their chains).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>

#include "base/clock.hpp"
#include "crypto/certificate.hpp"
#include "crypto/key_record.hpp"
#include "mail/address.hpp"

namespace postern::crypto {

/// The worst comes last.
enum class RevocationStatus {
  good,         // its issuer says so
  not_offered,  // the certificate names nobody who could be asked
  unknown,      // somebody could be asked, but there is no answer that counts
  revoked,
};

/// Roots and intermediates, loaded once and shared by all choices. Whatever stands among the roots is an anchor, an
/// intermediate authority too.
class Anchors {
 public:
  explicit Anchors(const std::vector<Certificate>& roots = {}, std::vector<Certificate> intermediates = {});

  enum class For { signing, encrypting };
  /// The chain from the certificate to its anchor, both included. Errc::invalid: why there is none. The leaf's own
  /// usage, purpose and time are judged elsewhere, and not again here. Signatures by SHA-1 do not count.
  /// One that was found holds for as long as all of its certificates do. Thread-safe.
  [[nodiscard]] Result<std::vector<Certificate>> chain(const Certificate& leaf, For purpose, Time now) const;

 private:
  struct Found;
  [[nodiscard]] Result<std::vector<Certificate>> follow(const Certificate& leaf, For purpose, Time now) const;

  std::shared_ptr<X509_STORE> store_;
  std::vector<Certificate> intermediates_;
  std::shared_ptr<Found> found_;
};

struct CertificateCandidate {
  Certificate certificate;
  Trust trust = Trust::found;
  bool awaits_approval = false;
  /// An administrator's word ties it to the address, or to all of its domain: then it need not name the address.
  bool tied = false;
  /// DNSSEC or WKD over TLS binds it to the address: it counts as verified without a chain of ours.
  bool bound_elsewhere = false;
  RevocationStatus revocation = RevocationStatus::unknown;
};

struct ChoiceRules {
  Time now{};
  bool use_found = false;         // also what nothing proves, where there is nothing better
  bool use_unknown = false;       // also where its revocation cannot be learned
  bool subject_addresses = true;  // legacy: the address in the subject, where there is none in the alternative names
  /// The first is preferred. RSA is what every reader opens.
  std::vector<KeyAlgorithm> prefer = {KeyAlgorithm::rsa, KeyAlgorithm::p256, KeyAlgorithm::p384, KeyAlgorithm::p521};
};

enum class Unfit {
  refused,  // by an administrator
  awaits_approval,
  revoked,
  not_yet_valid,
  expired,
  other_address,
  purpose,    // extendedKeyUsage without emailProtection
  usage,      // keyUsage without what it is needed for
  algorithm,  // a key that we cannot use
  weak_key,
  revocation_unknown,
  chain,  // there is none to what is trusted, and nothing else that proves it
};
[[nodiscard]] std::string_view format_unfit(Unfit why);  // "expired", …

struct Rejection {
  std::size_t candidate = 0;
  Unfit why = Unfit::refused;
  std::string text;  // for an administrator: "expired on 2026-01-31T00:00:00.000Z"
};

struct CertificateChoice {
  std::optional<std::size_t> chosen;
  std::string evidence;            // "pinned, names the address": how we know
  std::vector<Certificate> chain;  // above the chosen one and without its anchor; what goes with a signature
  std::vector<Rejection> rejected;
};

/// Preference: pinned, verified, found; the address in the alternative names, in the subject, tied; algorithm; newest.
[[nodiscard]] CertificateChoice choose_recipient(const std::vector<CertificateCandidate>& candidates,
                                                 const mail::Address& address, const Anchors& anchors,
                                                 const ChoiceRules& rules);

/// `partner`: the anchors that who reads the signature accepts. Nothing but a certificate that names the From address
/// in its alternative names and leads to one of them signs; that the administrator pinned it does not help who reads
/// it.
[[nodiscard]] CertificateChoice choose_signer(const std::vector<CertificateCandidate>& candidates,
                                              const mail::Address& from, const Anchors& partner,
                                              const ChoiceRules& rules);

}  // namespace postern::crypto
