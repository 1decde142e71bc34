// Sealing without cryptography: who has which keys is what a test says, and what is sealed is hexadecimal digits, so
// that a word of the message that is seen anywhere has leaked.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/hex.hpp"
#include "crypto/key_store.hpp"
#include "gateway/seal_method.hpp"

namespace postern::test {

/// Addresses that have certificates: enough for a ladder.
class FakeKeys final : public crypto::KeyStore {
 public:
  void has_certificate(const std::string& name) { index_->add(name, crypto::KeyKind::certificate, Time::max()); }
  [[nodiscard]] std::shared_ptr<const crypto::KeyIndex> index() const override { return index_; }
  [[nodiscard]] Result<void> refresh(Time) override { return {}; }

  [[nodiscard]] Result<crypto::AddResult> add(const crypto::KeyRecord&) override { return none(); }
  [[nodiscard]] Result<std::vector<crypto::AddResult>> add(const std::vector<crypto::KeyRecord>&) override {
    return none();
  }
  [[nodiscard]] Result<std::vector<crypto::KeyRecord>> find(const mail::Address&) override { return none(); }
  [[nodiscard]] Result<std::vector<crypto::KeyRecord>> list(const crypto::KeyFilter&, std::size_t) override {
    return none();
  }
  [[nodiscard]] Result<void> set_trust(const crypto::KeyName&, crypto::Trust) override { return none(); }
  [[nodiscard]] Result<void> revoke(const std::string&, Time) override { return none(); }
  [[nodiscard]] Result<void> approve(const crypto::KeyName&) override { return none(); }
  [[nodiscard]] Result<void> remove(const crypto::KeyName&) override { return none(); }
  [[nodiscard]] Result<std::vector<crypto::KeyLookup>> lookups(const mail::Address&) override { return none(); }
  [[nodiscard]] Result<std::vector<crypto::AddResult>> learn(const crypto::KeyLookup&,
                                                             const std::vector<crypto::KeyRecord>&) override {
    return none();
  }
  [[nodiscard]] Result<void> keep_revocation(const crypto::KeptRevocation& kept) override {
    said.push_back(kept);
    return {};
  }
  [[nodiscard]] Result<std::vector<crypto::KeptRevocation>> revocations(Time, std::size_t) override { return said; }
  [[nodiscard]] Result<void> add_identity(const crypto::SigningIdentity&) override { return none(); }
  [[nodiscard]] Result<std::optional<crypto::SigningIdentity>> find_identity(const mail::Address&, crypto::KeyKind,
                                                                             Time) override {
    return none();
  }
  [[nodiscard]] Result<std::vector<crypto::SigningIdentity>> identities() override { return none(); }
  [[nodiscard]] Result<void> remove_identity(const std::string&) override { return none(); }

  std::vector<crypto::KeptRevocation> said;  // by issuers

 private:
  static std::unexpected<Error> none() { return fail(Errc::not_found, "only an index"); }
  std::shared_ptr<crypto::KeyIndex> index_ = std::make_shared<crypto::KeyIndex>();
};

class FakeMethod final : public gateway::SealMethod {
 public:
  std::map<std::string, std::vector<std::string>> keys;  // by address, the best first
  std::optional<Error> trouble;                          // of the engine
  unsigned signatures = 0, sealed = 0;                   // so often

  [[nodiscard]] gateway::Usable usable_keys(const mail::Address& recipient, const gateway::SealSettings&,
                                            Time) override {
    std::vector<gateway::UsableKey> usable;
    for (const std::string& name : keys[recipient.str()])
      usable.push_back({name, "bytes of " + name});
    if (usable.empty()) return {fail(Errc::not_found, "no usable key is known")};
    return {std::move(usable)};
  }
  [[nodiscard]] Result<std::string> sign(const gateway::SealOrder& order) override {
    if (order.settings.sign) ++signatures;
    return std::string(order.entity);
  }
  [[nodiscard]] Result<std::string> seal(const gateway::SealOrder& order) override {
    if (trouble) return fail(*trouble);
    ++sealed;
    std::string to;
    for (const gateway::UsableKey& key : order.to)
      to += " " + key.fingerprint;
    return "Content-Type: application/x-sealed\r\nContent-Description: number " + std::to_string(sealed) + " to" + to +
           "\r\n\r\n" + format_hex(order.entity) + "\r\n";
  }
};

}  // namespace postern::test
