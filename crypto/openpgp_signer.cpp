#include "crypto/openpgp_signer.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace postern::crypto {
namespace {

bool holds(const KeyRecord& key, Time now) {
  return key.kind == KeyKind::openpgp && key.trust != Trust::refused && !key.revoked && key.not_before <= now &&
         (!key.not_after || now < *key.not_after);
}

bool is_for(const KeyRecord& key, const std::string& address) {
  return std::ranges::find(key.addresses, address) != key.addresses.end();
}

const KeyRecord* newer(const KeyRecord* a, const KeyRecord& b) {
  return a == nullptr || b.not_before > a->not_before ? &b : a;
}

}  // namespace

SignerChoice choose_signer(const mail::Address& from, const std::vector<KeyRecord>& ours,
                           const std::vector<std::string>& pinned, Time now) {
  const std::string person = lowered(from.str()), everyone = "@" + from.domain().str();
  const KeyRecord *own = nullptr, *shared = nullptr;
  bool unpinned = false;
  for (const KeyRecord& key : ours) {
    if (!holds(key, now)) continue;
    if (is_for(key, person)) own = newer(own, key);
    if (!is_for(key, everyone)) continue;
    if (std::ranges::find(pinned, key.fingerprint) != pinned.end())
      shared = newer(shared, key);
    else
      unpinned = true;
  }
  if (own != nullptr) return {*own, "a key of the sender"};
  if (shared != nullptr) return {*shared, "the key of the sender's domain, which the partner pinned"};
  return {std::nullopt, unpinned ? "the key of the sender's domain is not pinned by the partner"
                                 : "there is no OpenPGP key of the sender that holds"};
}

}  // namespace postern::crypto
