#include "crypto/decoded.hpp"
#include "crypto/openpgp_key.hpp"
#include "crypto/openpgp_signer.hpp"
#include "crypto/pgp_inline.hpp"
#include "crypto/pgp_mime.hpp"
#include "crypto/seal.hpp"
#include "gateway/recipient_keys.hpp"
#include "gateway/seal_methods.hpp"

namespace postern::gateway {
namespace {

crypto::KeyRecord record_of(const crypto::SigningIdentity& identity) {
  crypto::KeyRecord record;
  record.kind = identity.kind;
  record.fingerprint = identity.fingerprint;
  record.addresses = identity.addresses;
  record.bytes = identity.bytes;
  record.trust = crypto::Trust::pinned;
  record.added = identity.added;
  record.not_before = identity.not_before;
  record.not_after = identity.not_after;
  return record;
}

class OpenpgpMethod final : public SealMethod {
 public:
  OpenpgpMethod(crypto::KeyStore& keys, std::unique_ptr<crypto::OpenpgpEngine> engine, KeyRules rules)
      : keys_(keys), engine_(std::move(engine)), rules_(std::move(rules)) {}

  [[nodiscard]] Usable usable_keys(const mail::Address& recipient, const SealSettings& settings, Time at) override {
    const auto known = known_keys(keys_, recipient, settings.sources, rules_.search, at);
    if (!known) return {for_now(known.error())};
    std::vector<UsableKey> usable;
    std::string why;
    for (const crypto::KeyRecord& record : known->keys) {
      if (record.kind != crypto::KeyKind::openpgp) continue;
      const Result<void> fit = may_be_used(record, at);
      if (fit) {
        usable.push_back({record.fingerprint, record.bytes, {}, found_by(record)});
      } else {
        why += (why.empty() ? ": " : "; ") + fit.error().text;
      }
    }
    if (usable.empty()) return {fail(none_usable("no OpenPGP key of the recipient may be used" + why, *known))};
    return {std::move(usable)};
  }

  [[nodiscard]] Result<std::string> seal(const SealOrder& order) override {
    std::vector<crypto::OpenpgpRecipient> to;
    for (const UsableKey& key : order.to)
      to.push_back({key.fingerprint, key.bytes});
    const auto signer = signer_for(order);
    if (!signer) return fail(signer.error());
    if (order.settings.inline_text) {
      // Where it would lose something, PGP/MIME after all.
      if (const auto text = crypto::inline_text(order.entity)) return as_text(*text, to, *signer);
    }
    const auto armoured = engine_->seal(order.entity, to, *signer);
    if (!armoured) return armoured;
    return crypto::format_pgp_mime(*armoured);
  }

 private:
  [[nodiscard]] Result<std::string> as_text(const crypto::InlineText& text,
                                            const std::vector<crypto::OpenpgpRecipient>& to,
                                            const std::optional<crypto::OpenpgpSigner>& signer) const {
    const auto armoured = engine_->seal(text.text, to, signer);
    if (!armoured) return armoured;
    return crypto::format_inline_pgp(*armoured, text.charset);
  }

  /// What it says of itself. Its octets are the engine's to read.
  [[nodiscard]] Result<std::shared_ptr<const crypto::OpenpgpKey>> decoded(const std::string& bytes) {
    using Kept = Result<std::shared_ptr<const crypto::OpenpgpKey>>;
    return keys_read_.get(crypto::sha256(bytes), [&]() -> Kept {
      auto key = crypto::parse_openpgp_key(bytes);
      if (!key) return fail(key.error());
      key->bytes.clear();
      return std::make_shared<const crypto::OpenpgpKey>(*std::move(key));
    });
  }

  [[nodiscard]] Result<void> may_be_used(const crypto::KeyRecord& record, Time at) {
    if (record.trust == crypto::Trust::found && !rules_.use_found) {
      return fail(Errc::denied, record.fingerprint + " is not proven to be the recipient's");
    }
    const auto key = decoded(record.bytes);
    if (!key) return fail(key.error());
    const auto part = crypto::encryption_part(**key, at);
    return part ? Result<void>() : fail(part.error());
  }

  /// As with S/MIME: nobody, rather than one whose signature readers would not take for the sender's.
  [[nodiscard]] Result<std::optional<crypto::OpenpgpSigner>> signer_for(const SealOrder& order) const {
    if (!order.settings.sign) return std::nullopt;
    const auto identity = keys_.find_identity(order.from, crypto::KeyKind::openpgp, order.at);
    if (!identity) return for_now(identity.error());
    if (!*identity) return std::nullopt;
    std::vector<std::string> expected;
    if (order.settings.domain_signs) expected.push_back((*identity)->fingerprint);
    if (!crypto::choose_signer(order.from, {record_of(**identity)}, expected, order.at).key) return std::nullopt;
    auto secret = crypto::load_openpgp_secret(**identity, rules_.base);
    if (!secret) return fail(secret.error());
    return crypto::OpenpgpSigner{(*identity)->fingerprint, std::move(*secret)};
  }

  crypto::KeyStore& keys_;
  std::unique_ptr<crypto::OpenpgpEngine> engine_;
  KeyRules rules_;
  crypto::Decoded<std::shared_ptr<const crypto::OpenpgpKey>> keys_read_{4096};
};

}  // namespace

std::unique_ptr<SealMethod> make_openpgp_method(crypto::KeyStore& keys, std::unique_ptr<crypto::OpenpgpEngine> engine,
                                                KeyRules rules) {
  return std::make_unique<OpenpgpMethod>(keys, std::move(engine), std::move(rules));
}

}  // namespace postern::gateway
