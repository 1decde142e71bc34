#include <algorithm>

#include "base/log.hpp"
#include "crypto/decoded.hpp"
#include "crypto/seal.hpp"
#include "crypto/smime.hpp"
#include "gateway/recipient_keys.hpp"
#include "gateway/seal_methods.hpp"

namespace postern::gateway {
namespace {

crypto::ChoiceRules choice_rules(const KeyRules& rules, Time at) {
  crypto::ChoiceRules choice;
  choice.now = at;
  choice.use_found = rules.use_found;
  choice.use_unknown = rules.revocation != RevocationMode::hard || rules.answers == nullptr;
  return choice;
}

/// Of ourselves only what an administrator says counts (`postern keys revoke`).
crypto::ChoiceRules signer_rules(const KeyRules& rules, Time at) {
  crypto::ChoiceRules choice = choice_rules(rules, at);
  choice.use_unknown = true;
  return choice;
}

bool may_be_learned(const crypto::Rejection& rejected) {
  return rejected.why == crypto::Unfit::revocation_unknown;
}

/// Without the address: what becomes of addresses is each sink's to say. Whoever can block an answer about revocation
/// can cause that there is none: then it is an outage, and not the certificate's end.
Error why_none(const std::vector<UsableKey>& keys, const crypto::CertificateChoice& choice) {
  std::string why = "no certificate of the recipient may be used";
  for (const crypto::Rejection& rejected : choice.rejected) {
    why += (&rejected == &choice.rejected.front() ? ": " : "; ") + rejected.text;
    if (may_be_learned(rejected)) why += ": " + keys[rejected.candidate].revocation;
  }
  return {std::ranges::any_of(choice.rejected, may_be_learned) ? Errc::unavailable : Errc::not_found, std::move(why)};
}

std::string_view format_status(crypto::RevocationStatus status) {
  switch (status) {
    case crypto::RevocationStatus::good: return "good";
    case crypto::RevocationStatus::not_offered: return "not offered";
    case crypto::RevocationStatus::unknown: return "unknown";
    case crypto::RevocationStatus::revoked: break;
  }
  return "revoked";
}

class SmimeMethod final : public SealMethod {
 public:
  SmimeMethod(crypto::KeyStore& keys, crypto::Anchors roots, crypto::Anchors partners, KeyRules rules)
      : keys_(keys), roots_(std::move(roots)), partners_(std::move(partners)), rules_(std::move(rules)) {}

  [[nodiscard]] Usable usable_keys(const mail::Address& recipient, const SealSettings& settings, Time at) override {
    const auto known = known_keys(keys_, recipient, settings.sources, rules_.search, at);
    if (!known) return {for_now(known.error())};
    std::vector<crypto::CertificateCandidate> candidates;
    std::vector<UsableKey> keys;
    std::vector<RevocationQuestion> open;
    for (const crypto::KeyRecord& record : known->keys) {
      if (record.kind != crypto::KeyKind::certificate) continue;
      auto certificate = certificate_of(record.bytes);
      if (!certificate) continue;
      candidates.push_back(candidate(std::move(*certificate), record));
      keys.push_back({record.fingerprint, record.bytes, {}, found_by(record)});
      if (asks()) add_revocation(candidates.back(), keys.back(), open, at);
    }
    const auto choice = crypto::choose_recipient(candidates, recipient, roots_, choice_rules(rules_, at));
    if (!choice.chosen) {
      Error why = why_none(keys, choice);
      if (why.code == Errc::not_found) why = none_usable(std::move(why.text), *known);
      return {std::unexpected(std::move(why)), std::move(open)};
    }
    return {fit_ones(std::move(keys), choice), std::move(open)};
  }

  /// Signed where the sender has a certificate that readers accept, else nothing: a signature that they warn of is
  /// worse than none. A key that is there and cannot be reached now is waited for.
  [[nodiscard]] Result<std::string> sign(const SealOrder& order) override {
    if (!order.settings.sign) return std::string(order.entity);
    const auto identity = keys_.find_identity(order.from, crypto::KeyKind::certificate, order.at);
    if (!identity) return for_now(identity.error());
    if (!*identity) return std::string(order.entity);
    auto certificate = certificate_of((*identity)->bytes);
    if (!certificate) return fail(certificate.error());
    crypto::CertificateCandidate ours{
        *certificate, crypto::Trust::pinned, false, false, false, crypto::RevocationStatus::unknown};
    const auto choice = crypto::choose_signer({ours}, shown_signer(order, **identity, *certificate), partners_,
                                              signer_rules(rules_, order.at));
    if (!choice.chosen) {
      log::debug("mail of {} is sealed without a signature: {}", order.from.str(), choice.rejected.front().text);
      return std::string(order.entity);
    }
    auto key = signing_key_of(**identity);
    if (!key) return fail(key.error());
    return crypto::sign_smime(order.entity, {std::move(*certificate), std::move(*key), choice.chain},
                              *order.settings.sign);
  }

  [[nodiscard]] Result<std::string> seal(const SealOrder& order) override {
    std::vector<crypto::Certificate> to;
    for (const UsableKey& key : order.to) {
      auto certificate = certificate_of(key.bytes);
      if (!certificate) return fail(certificate.error());
      to.push_back(std::move(*certificate));
    }
    return crypto::encrypt_smime(order.entity, to, order.settings.content);
  }

 private:
  [[nodiscard]] Result<crypto::Certificate> certificate_of(const std::string& der) {
    return certificates_.get(der, [&] { return crypto::Certificate::parse_der(der); });
  }

  /// One that lies elsewhere is asked for there each time: a token may be gone, a file another.
  [[nodiscard]] Result<crypto::PrivateKey> signing_key_of(const crypto::SigningIdentity& identity) {
    const auto* secret = std::get_if<Secret>(&identity.key);
    if (secret == nullptr) return crypto::load_signing_key(identity, rules_.base);
    crypto::Digest digest;
    digest.update(secret->text());
    digest.update(identity.bytes);
    return signing_keys_.get(digest.finish(), [&] { return crypto::load_signing_key(identity, rules_.base); });
  }

  [[nodiscard]] bool asks() const { return rules_.revocation != RevocationMode::off && rules_.answers != nullptr; }

  /// An answer counts by its issuer's signature: without a chain to an authority of ours there is nobody to believe,
  /// and what makes such a certificate usable is another's word (a pin, DNSSEC).
  void add_revocation(crypto::CertificateCandidate& candidate, UsableKey& key, std::vector<RevocationQuestion>& open,
                      Time at) const {
    const auto chain = roots_.chain(candidate.certificate, crypto::Anchors::For::encrypting, at);
    candidate.revocation = crypto::RevocationStatus::not_offered;
    if (!chain) return;
    const crypto::RevocationAnswer known = chain_revocation(*chain, *rules_.answers, at);
    candidate.revocation = known.status;
    key.revocation = std::string(format_status(known.status)) + " (" + known.text + ")";
    // Of one that cannot be chosen anyway nobody is asked.
    const bool unfit = candidate.trust == crypto::Trust::refused || candidate.awaits_approval ||
                       candidate.certificate.not_after() < at;
    if (unfit) return;
    for (RevocationQuestion& one : due_questions(*chain, *rules_.answers, at))
      open.push_back(std::move(one));
  }

  static crypto::CertificateCandidate candidate(crypto::Certificate certificate, const crypto::KeyRecord& record) {
    crypto::CertificateCandidate one{
        std::move(certificate), record.trust, record.awaits_approval, false, false, crypto::RevocationStatus::unknown};
    one.tied = record.trust == crypto::Trust::pinned;
    one.bound_elsewhere = record.trust == crypto::Trust::verified;
    return one;
  }

  static std::vector<UsableKey> fit_ones(std::vector<UsableKey> keys, const crypto::CertificateChoice& choice) {
    std::vector<UsableKey> fit = {keys[*choice.chosen]};
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const bool unfit = std::ranges::find(choice.rejected, i, &crypto::Rejection::candidate) != choice.rejected.end();
      if (i != *choice.chosen && !unfit) fit.push_back(std::move(keys[i]));
    }
    return fit;
  }

  /// Whom the certificate must name: the sender, or what a domain's certificate calls itself where the partner expects
  /// that.
  static mail::Address shown_signer(const SealOrder& order, const crypto::SigningIdentity& identity,
                                    const crypto::Certificate& certificate) {
    const bool of_domain =
        std::ranges::any_of(identity.addresses, [](const auto& name) { return name.starts_with('@'); });
    if (!order.settings.domain_signs || !of_domain) return order.from;
    const auto names = certificate.alternative_addresses();
    return names.empty() ? order.from : mail::Address::parse(names.front()).value_or(order.from);
  }

  crypto::KeyStore& keys_;
  crypto::Anchors roots_, partners_;
  KeyRules rules_;
  crypto::Decoded<crypto::Certificate> certificates_{4096};
  crypto::Decoded<crypto::PrivateKey> signing_keys_{256};
};

}  // namespace

std::unique_ptr<SealMethod> make_smime_method(crypto::KeyStore& keys, crypto::Anchors roots, crypto::Anchors partners,
                                              KeyRules rules) {
  return std::make_unique<SmimeMethod>(keys, std::move(roots), std::move(partners), std::move(rules));
}

}  // namespace postern::gateway
