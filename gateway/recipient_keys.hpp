// A recipient's keys as they may be used now, as far as their sources are concerned: what an administrator brought, and
// what a source that is to be asked stands by. Blocks on the key store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/key_store.hpp"
#include "gateway/key_search.hpp"
#include "gateway/seal_settings.hpp"
#include "mail/evidence.hpp"

namespace postern::gateway {

struct KnownKeys {
  std::vector<crypto::KeyRecord> keys;
  std::string unlearned;  // "smimea: SERVFAIL": who may still name one; empty: everybody has said what there is
  std::string said;       // "wkd: lab.example, 192.0.2.1:443 has no key": what the others have said
};

/// A key that was looked up counts while its source is among `sources` and its answer holds: who is not asked any more
/// is not believed any more. Pinned ones do not depend on it. Null `search`: nobody is asked.
[[nodiscard]] Result<KnownKeys> known_keys(crypto::KeyStore& store, const mail::Address& recipient,
                                           const std::vector<discovery::KeyOrigin>& sources, const KeySearch* search,
                                           Time at);

/// "key 1a2b…: smimea (SMIMEA 3 0 0, secure, 127.0.0.1:53)"; nothing for what was not looked up.
[[nodiscard]] std::optional<mail::PublishedEvidence> found_by(const crypto::KeyRecord& key);

/// Why there is no key to be used. An outage where a source may still name one, since whoever can keep its answer from
/// us could otherwise choose the next rung.
[[nodiscard]] Error none_usable(std::string why, const KnownKeys& known);

}  // namespace postern::gateway
