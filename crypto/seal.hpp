// Sealing at rest: AES-256-GCM over chunks, AES key wrap (RFC 3394) for keys. Blocking, no I/O.
//
// A chunk's nonce is its index and its associated data binds it to message, index and being the last, so
// chunks cannot be moved, swapped, dropped or cut off. One MessageKey seals one message, once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

namespace postern::crypto {

inline constexpr std::size_t key_size = 32;       // octets
inline constexpr std::size_t seal_overhead = 16;  // octets of tag on each chunk

[[nodiscard]] Secret make_key(Random& random);

/// What a chunk is sealed under besides its bytes. `stream` keeps body, facts and rendition of one message
/// apart.
struct ChunkLabel {
  QueueId id;
  std::uint8_t stream = 0;
  std::uint32_t index = 0;
  bool last = false;
};

[[nodiscard]] std::string seal_chunk(const Secret& key, const ChunkLabel& label, std::string_view plain);
[[nodiscard]] Result<std::string> open_chunk(const Secret& key, const ChunkLabel& label, std::string_view sealed);

/// RFC 3394: 40 octets for a 32-octet key. Unwrapping with the wrong key is an Error (corrupt).
[[nodiscard]] std::string wrap_key(const Secret& with, const Secret& key);
[[nodiscard]] Result<Secret> unwrap_key(const Secret& with, std::string_view wrapped);

/// SHA-256, incremental.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  void update(std::string_view bytes);
  [[nodiscard]] std::string finish();  // 32 octets
 private:
  struct Impl;
  Impl* impl_;
};
[[nodiscard]] std::string sha256(std::string_view bytes);

}  // namespace postern::crypto
