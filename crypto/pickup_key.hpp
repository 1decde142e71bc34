// The keys of a pick-up by browser (docs/portal.md). A message is sealed under a content key; each recipient's link
// holds a secret, and from that secret alone come the key that wraps the content key for that recipient, and the key of
// the card that says whom the link is for. Whoever has the store and no link has nothing.
//
//   const Secret link = make_key(random);                                     // 256 bits, into the notice
//   pickup.wrapped = wrap_key(pickup_keys(link, pickup.salt).content, content_key);
//
// HKDF-SHA256 (RFC 5869) with a random salt for each pick-up, so a key seals one card once.
#pragma once

#include <string_view>

#include "base/secret.hpp"

namespace postern::crypto {

inline constexpr std::size_t pickup_salt_size = 16;  // octets

struct PickupKeys {
  Secret content;  // wraps the content key
  Secret card;
};
[[nodiscard]] PickupKeys pickup_keys(const Secret& link, std::string_view salt);

/// What a visitor writes back is sealed at once: the portal cannot open it again, posternd can, for it has the link.
/// A session holds the root; each reply has a salt, and so a key, of its own.
[[nodiscard]] Secret reply_root(const Secret& link);
[[nodiscard]] Secret reply_key(const Secret& root, std::string_view salt);

/// What wraps the content key instead where it takes a passphrase too: `stretched` is Argon2id's of it
/// (crypto/argon2.hpp). Neither the link nor the passphrase is enough.
[[nodiscard]] Secret passphrase_key(const Secret& link, const Secret& stretched, std::string_view salt);

/// What X25519 (crypto/x25519.hpp) agreed on between a half made for this pick-up and an account's; both open halves
/// are part of the key, as in RFC 9180 §4.1.
struct Agreement {
  Secret secret;
  std::string_view ephemeral, account;  // the open halves
};
/// What wraps it where its recipient has a password.
[[nodiscard]] Secret account_key(const Secret& link, const Agreement& agreement, std::string_view salt);

}  // namespace postern::crypto
