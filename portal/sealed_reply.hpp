// What a visitor writes back, as the portal keeps it until posternd has it: sealed at once, under a key that comes from
// the link (crypto::reply_root). A session has that while it lasts, posternd has it on record, the store never.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/codec.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "crypto/seal.hpp"

namespace postern::portal {

inline constexpr std::uint64_t largest_reply = 25ULL << 20;  // octets of what was typed and attached

/// Whom it is for, posternd knows: the pick-up's sender, and whoever else may be answered.
struct Letter {
  std::string subject;
  bool to_all = false;
  std::string entity;  // MIME: Content-* fields, an empty line, the body
  bool operator==(const Letter&) const = default;
};

struct SealedReply {
  QueueId id;
  std::string lookup;  // of the pick-up
  Time at{};
  std::string salt;
  std::uint64_t size = 0;    // octets, plain
  std::uint32_t chunks = 0;  // sealed one by one
  bool operator==(const SealedReply&) const = default;
};

struct Sealing {
  SealedReply reply;
  std::vector<std::string> chunks;
};
[[nodiscard]] Sealing seal_reply(const Secret& root, std::string lookup, const Letter& letter, Time now,
                                 Random& random);

/// Errc::corrupt: of another link, or not whole.
[[nodiscard]] Result<Letter> open_reply(const Secret& root, const SealedReply& reply,
                                        const std::vector<std::string>& chunks);

void encode(Writer& out, const SealedReply& reply);
[[nodiscard]] SealedReply decode_sealed_reply(Reader& in);

}  // namespace postern::portal
