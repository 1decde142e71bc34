#include "crypto/certificate_choice.hpp"

#include <algorithm>
#include <tuple>

#include <openssl/x509v3.h>

#include "crypto/openssl.hpp"
#include "crypto/recipient_key.hpp"

namespace postern::crypto {
namespace {

using For = Anchors::For;

constexpr int weakest_rsa = 2048;  // bits (RFC 8551 §4.2, §4.3)

/// How a certificate belongs to the address, the weakest first.
enum class Binding { none, tied, subject, alternative_name };

struct Question {
  For purpose = For::encrypting;
  const mail::Address& address;
  const Anchors& anchors;
  const ChoiceRules& rules;
};

/// A candidate that nothing speaks against.
struct Fit {
  std::size_t candidate = 0;
  Trust trust = Trust::found;
  Binding binding = Binding::none;
  std::ptrdiff_t algorithm = 0;  // its place in the preference
  std::vector<Certificate> chain = {};
};

using Objection = std::optional<std::pair<Unfit, std::string>>;

Objection object(Unfit why, std::string text) {
  return std::pair(why, std::move(text));
}

bool names(const std::vector<std::string>& addresses, const mail::Address& address) {
  return std::ranges::any_of(addresses, [&](const std::string& one) {
    const auto parsed = mail::Address::parse(one);
    return parsed && mail::same_mailbox(*parsed, address);
  });
}

/// RFC 8550 §3: the alternative names; the subject's emailAddress only where there are none.
Binding binding_of(const CertificateCandidate& candidate, const Question& asked) {
  const auto alternative = candidate.certificate.alternative_addresses();
  if (names(alternative, asked.address)) return Binding::alternative_name;
  if (asked.purpose == For::signing) return Binding::none;
  if (alternative.empty() && asked.rules.subject_addresses &&
      names(candidate.certificate.subject_addresses(), asked.address))
    return Binding::subject;
  return candidate.tied && candidate.trust == Trust::pinned ? Binding::tied : Binding::none;
}

Objection object_to_standing(const CertificateCandidate& candidate) {
  if (candidate.trust == Trust::refused) return object(Unfit::refused, "an administrator refused it");
  if (candidate.awaits_approval)
    return object(Unfit::awaits_approval, "another key of this address is pinned, and this one awaits approval");
  if (candidate.revocation == RevocationStatus::revoked) return object(Unfit::revoked, "its issuer revoked it");
  return {};
}

Objection object_to_time(const Certificate& certificate, Time now) {
  if (now < certificate.not_before())
    return object(Unfit::not_yet_valid, "not valid before " + format_rfc3339(certificate.not_before()));
  if (now > certificate.not_after())
    return object(Unfit::expired, "expired on " + format_rfc3339(certificate.not_after()));
  return {};
}

/// RFC 8550 §4.4.4. Without the extension every purpose is allowed.
Objection object_to_purpose(X509* certificate) {
  if ((X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0)
    return object(Unfit::purpose, "an extension of it cannot be read");
  if ((X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) == 0) return {};
  if ((X509_get_extended_key_usage(certificate) & (XKU_SMIME | XKU_ANYEKU)) != 0) return {};
  return object(Unfit::purpose, "its extended key usage is without emailProtection");
}

/// RFC 8550 §4.4.2, RFC 5753 §4: RSA carries keys, curves agree on them. Without the extension all is allowed.
Objection object_to_usage(X509* certificate, For purpose, KeyAlgorithm algorithm) {
  const std::uint32_t usage = X509_get_key_usage(certificate);  // all bits where there is no extension
  if (purpose == For::signing) {
    if ((usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0) return {};
    return object(Unfit::usage, "its key usage is without digitalSignature");
  }
  const bool rsa = algorithm == KeyAlgorithm::rsa;
  if ((usage & (rsa ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT)) != 0) return {};
  return object(Unfit::usage, std::string("its key usage is without ") + (rsa ? "keyEncipherment" : "keyAgreement"));
}

struct KeyFacts {
  KeyAlgorithm algorithm = KeyAlgorithm::other;
  int bits = 0;
};

Result<KeyFacts> key_for(const Certificate& certificate, For purpose) {
  if (purpose == For::encrypting) {
    const auto key = recipient_key(certificate);
    if (!key) return fail(key.error());
    return KeyFacts{key->algorithm, key->bits};
  }
  const KeyFacts facts{certificate.algorithm(), certificate.bits()};
  switch (facts.algorithm) {
    case KeyAlgorithm::rsa:
    case KeyAlgorithm::p256:
    case KeyAlgorithm::p384:
    case KeyAlgorithm::p521: return facts;
    case KeyAlgorithm::ed25519:
    case KeyAlgorithm::x25519:
    case KeyAlgorithm::other: break;
  }
  return fail(Errc::invalid, "with a key of its kind (" + std::string(format_key_algorithm(facts.algorithm)) +
                                 ") this OpenSSL does not sign CMS");
}

Objection object_to_key(const Certificate& certificate, For purpose) {
  const auto key = key_for(certificate, purpose);
  if (!key) return object(Unfit::algorithm, key.error().text);
  if (auto usage = object_to_usage(certificate.get(), purpose, key->algorithm)) return usage;
  if (key->algorithm == KeyAlgorithm::rsa && key->bits < weakest_rsa)
    return object(Unfit::weak_key, "its RSA key has " + std::to_string(key->bits) + " bits, and 2048 are the least");
  return {};
}

/// A certificate that names nobody to be asked says so under its issuer's signature. One whose issuer does not answer
/// may be revoked and somebody keeps the answer from us, and a pin does not change that.
Objection object_to_revocation(const CertificateCandidate& candidate, const ChoiceRules& rules) {
  if (candidate.revocation != RevocationStatus::unknown || rules.use_unknown) return {};
  return object(Unfit::revocation_unknown, "whether it was revoked could not be learned");
}

/// What proves it, or why nothing does; `fit` gets trust and chain.
Objection object_to_proof(const CertificateCandidate& candidate, const Question& asked, Fit& fit) {
  const bool signing = asked.purpose == For::signing;
  auto chain = asked.anchors.chain(candidate.certificate, asked.purpose, asked.rules.now);
  if (chain) {
    fit.trust = std::max(candidate.trust, Trust::verified);
    if (chain->size() > 2) fit.chain.assign(chain->begin() + 1, chain->end() - 1);
    return {};
  }
  if (signing) return object(Unfit::chain, "it leads to no root that the recipient accepts: " + chain.error().text);
  if (candidate.trust == Trust::pinned) return fit.trust = Trust::pinned, Objection{};
  if (candidate.bound_elsewhere && candidate.trust == Trust::verified) return fit.trust = Trust::verified, Objection{};
  if (asked.rules.use_found) return fit.trust = Trust::found, Objection{};
  return object(Unfit::chain, chain.error().text);
}

Objection judge(const CertificateCandidate& candidate, const Question& asked, Fit& fit) {
  const Certificate& certificate = candidate.certificate;
  if (auto no = object_to_standing(candidate)) return no;
  if (auto no = object_to_time(certificate, asked.rules.now)) return no;
  fit.binding = binding_of(candidate, asked);
  if (fit.binding == Binding::none)
    return object(Unfit::other_address, asked.purpose == For::signing
                                            ? "its alternative names are without the From address"
                                            : "it does not name the address");
  if (auto no = object_to_purpose(certificate.get())) return no;
  if (auto no = object_to_key(certificate, asked.purpose)) return no;
  if (auto no = object_to_revocation(candidate, asked.rules)) return no;
  return object_to_proof(candidate, asked, fit);
}

std::ptrdiff_t preference(const Certificate& certificate, const ChoiceRules& rules) {
  const auto key = recipient_key(certificate);  // knows RSA keys for OAEP alone as RSA
  const KeyAlgorithm algorithm = key ? key->algorithm : certificate.algorithm();
  return std::ranges::find(rules.prefer, algorithm) - rules.prefer.begin();
}

std::string evidence_of(const Fit& fit) {
  std::string text(format_trust(fit.trust));
  switch (fit.binding) {
    case Binding::alternative_name: return text + ", names the address";
    case Binding::subject: return text + ", names the address in its subject";
    case Binding::tied: return text + ", tied to the address by an administrator";
    case Binding::none: break;
  }
  return text;
}

CertificateChoice choose(const std::vector<CertificateCandidate>& candidates, const Question& asked) {
  const ErrorQueue errors;
  CertificateChoice choice;
  std::optional<Fit> best;
  const auto rank = [&](const Fit& fit) {
    return std::tuple(fit.trust, fit.binding, -fit.algorithm, candidates[fit.candidate].certificate.not_before());
  };
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    Fit fit{.candidate = i, .algorithm = preference(candidates[i].certificate, asked.rules)};
    if (auto no = judge(candidates[i], asked, fit)) {
      choice.rejected.push_back({i, no->first, std::move(no->second)});
    } else if (!best || rank(fit) > rank(*best)) {
      best = std::move(fit);
    }
  }
  if (!best) return choice;
  choice.chosen = best->candidate;
  choice.evidence = evidence_of(*best);
  choice.chain = std::move(best->chain);
  return choice;
}

}  // namespace

std::string_view format_unfit(Unfit why) {
  switch (why) {
    case Unfit::refused: return "refused";
    case Unfit::awaits_approval: return "awaits-approval";
    case Unfit::revoked: return "revoked";
    case Unfit::not_yet_valid: return "not-yet-valid";
    case Unfit::expired: return "expired";
    case Unfit::other_address: return "other-address";
    case Unfit::purpose: return "purpose";
    case Unfit::usage: return "usage";
    case Unfit::algorithm: return "algorithm";
    case Unfit::weak_key: return "weak-key";
    case Unfit::revocation_unknown: return "revocation-unknown";
    case Unfit::chain: break;
  }
  return "chain";
}

CertificateChoice choose_recipient(const std::vector<CertificateCandidate>& candidates, const mail::Address& address,
                                   const Anchors& anchors, const ChoiceRules& rules) {
  return choose(candidates, {For::encrypting, address, anchors, rules});
}

CertificateChoice choose_signer(const std::vector<CertificateCandidate>& candidates, const mail::Address& from,
                                const Anchors& partner, const ChoiceRules& rules) {
  return choose(candidates, {For::signing, from, partner, rules});
}

}  // namespace postern::crypto
