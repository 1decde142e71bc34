// What posternd deposits: a message sealed in chunks, and for each recipient a pick-up. Nothing in here opens anything:
// the key that unwraps a pick-up's content key comes from the secret in its link (crypto/pickup_key.hpp), which is in
// the notice mail and in posternd's spool alone.
//
//   https://secure.clinic.example/m/<lookup>/<link secret>
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/codec.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "crypto/seal.hpp"
#include "crypto/x25519.hpp"
#include "portal/passphrase.hpp"

namespace postern::portal {

inline constexpr std::size_t chunk_size = 256U << 10;            // octets, plain
inline constexpr std::uint64_t largest_deposit = 1024ULL << 20;  // octets, plain
inline constexpr std::size_t most_pickups = 1000;                // of one deposit
inline constexpr std::size_t most_others = 50;                   // of one card

/// So many for a message of this size; one for an empty message too: its tag says that it is empty.
[[nodiscard]] constexpr std::uint64_t chunks_of(std::uint64_t size) {
  return size == 0 ? 1 : (size + chunk_size - 1) / chunk_size;
}

struct Pickup {
  std::string lookup;       // 128 random bits in base64url: names the pick-up, opens nothing
  std::string salt;         // of its keys
  std::string wrapped_key;  // the content key
  std::string card;         // sealed: a Card
  bool operator==(const Pickup&) const = default;
};

struct Deposit {
  QueueId id;
  std::string tenant;
  Time expires{};
  std::uint64_t size = 0;    // octets of the message, plain
  std::uint32_t chunks = 0;  // its chunks, sealed one by one
  std::vector<Pickup> pickups;
};

/// What opens it besides the link: a password that its recipient chose, here or at an earlier message.
struct AccountLock {
  std::string account;    // its name: opaque, posternd's
  std::string half;       // the account's open half, for which it was sealed; empty: there was no account yet
  std::string ephemeral;  // the other half of that agreement
  bool operator==(const AccountLock&) const = default;
};

/// For whom a link is: whoever has the link may see it.
struct Card {
  std::string recipient;                      // "ann@lab.example"
  std::string language;                       // "en"
  bool replies = false;                       // whether it may be answered
  std::vector<std::string> others = {};       // whom an answer to all reaches besides its sender
  std::optional<Stretching> passphrase = {};  // it takes the sender's too
  std::optional<AccountLock> account = {};    // or its recipient's password
  bool operator==(const Card&) const = default;
};

[[nodiscard]] std::string random_octets(Random& random, std::size_t size);
[[nodiscard]] std::string make_lookup(Random& random);
[[nodiscard]] bool is_lookup(std::string_view text);

/// An account as posternd knows it.
struct AccountKey {
  std::string name;
  std::string half;  // x25519_size octets; empty: its recipient has not chosen a password yet
};
/// A pick-up's own lock for it.
struct ForAccount {
  AccountLock lock;
  Secret agreed;  // empty as long as there is no account
};
/// Errc::invalid: its half is none.
[[nodiscard]] Result<ForAccount> lock_for(const AccountKey& account, Random& random);

/// What it takes besides the link.
using Besides = std::variant<std::monostate, Stretched, ForAccount>;

/// A pick-up of this content key for whoever has `link` and what stands besides it: the card says so.
[[nodiscard]] Pickup make_pickup(const QueueId& deposit, std::string lookup, const Secret& link, const Secret& content,
                                 Card card, Random& random, const Besides& besides = {});
/// What the link of a pick-up opens. Errc::corrupt: it is another link's.
struct Opened {
  std::optional<Secret> content;  // nothing: it takes passphrase or password too
  Card card;
};
[[nodiscard]] Result<Opened> open_pickup(const QueueId& deposit, const Pickup& pickup, const Secret& link);
/// The content key, with the passphrase. Errc::corrupt: it is another one.
[[nodiscard]] Result<Secret> open_content(const Pickup& pickup, const Secret& link, const Secret& stretched);
/// The content key, for whoever is in this account. Errc::corrupt: it was sealed for another one.
[[nodiscard]] Result<Secret> open_content(const Pickup& pickup, const Secret& link, const AccountLock& lock,
                                          const crypto::X25519Pair& account);

/// Of the message's chunk `index`, of so many.
[[nodiscard]] crypto::ChunkLabel content_label(const QueueId& deposit, std::uint32_t index, std::uint32_t chunks);

void encode(Writer& out, const Deposit& deposit);
[[nodiscard]] Deposit decode_deposit(Reader& in);

}  // namespace postern::portal
