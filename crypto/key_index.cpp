#include <algorithm>

#include "base/ascii.hpp"
#include "crypto/key_store.hpp"

namespace postern::crypto {

void KeyIndex::add(const std::string& name, KeyKind kind, Time until) {
  Until& known = until_[name];
  Time& of_kind = kind == KeyKind::certificate ? known.certificate : known.openpgp;
  of_kind = std::max(of_kind, until);
}

void KeyIndex::change(const std::string& name) {
  until_[name] = {};
}

KeyKinds KeyIndex::kinds_of(const std::string& name, Time now) const {
  const auto found = until_.find(name);
  if (found == until_.end()) return older ? older->kinds_of(name, now) : KeyKinds{};
  return {now < found->second.certificate, now < found->second.openpgp};
}

KeyKinds KeyIndex::kinds(const mail::Address& address, Time now) const {
  const std::string domain = "@" + address.domain().str();
  const KeyKinds own = kinds_of(lowered(address.local()) + domain, now), all = kinds_of(domain, now);
  return {own.certificate || all.certificate, own.openpgp || all.openpgp};
}

std::size_t KeyIndex::size() const {
  if (!older) return until_.size();
  const auto is_new = [&](const auto& entry) { return !older->until_.contains(entry.first); };
  return older->until_.size() + static_cast<std::size_t>(std::ranges::count_if(until_, is_new));
}

std::size_t KeyIndex::changes() const {
  return older ? until_.size() : 0;
}

}  // namespace postern::crypto
