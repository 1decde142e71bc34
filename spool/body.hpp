// Bodies as sealed chunks: written while they arrive, read back one by one, every chunk verified.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "crypto/epoch_keys.hpp"
#include "crypto/seal.hpp"
#include "spool/spool.hpp"
#include "spool/store.hpp"

namespace postern::spool {

/// Streams of one message's key (crypto::ChunkLabel::stream).
inline constexpr std::uint8_t body_stream = 0, facts_stream = 1, rendition_stream = 2, pickup_stream = 3;

/// Where the chunks of a body lie: the message's own, or one of its renditions.
struct ChunkPlace {
  QueueId id;
  std::optional<std::uint64_t> rendition;
  [[nodiscard]] Table table() const { return rendition ? Table::rendition : Table::body; }
  [[nodiscard]] std::string key(std::uint32_t index) const;
  [[nodiscard]] crypto::ChunkLabel label(std::uint32_t index, bool last) const;
};

class SealedIncoming final : public Incoming {
 public:
  /// `generation`: how often the store was opened anew; chunks of an earlier one may be gone.
  SealedIncoming(Store& store, Random& random, ChunkPlace place, std::uint64_t generation);
  ~SealedIncoming() override;  // not committed: the chunks that were written are erased

  [[nodiscard]] const QueueId& id() const override { return place_.id; }
  [[nodiscard]] Result<void> append(std::string_view bytes) override;
  [[nodiscard]] Result<void> finish() override;
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::unique_ptr<BodyReader> open_body() const override;
  [[nodiscard]] Result<std::string> chunk(std::uint32_t index) const;

  // For the commit, after finish().
  [[nodiscard]] const ChunkPlace& place() const { return place_; }
  [[nodiscard]] const Secret& key() const { return key_; }
  [[nodiscard]] std::uint32_t chunks() const { return chunks_; }
  [[nodiscard]] const std::string& sha256() const { return sha256_; }
  [[nodiscard]] bool eight_bit() const { return eight_bit_; }
  /// The last chunk, sealed; it goes in with the commit.
  [[nodiscard]] std::string take_last_chunk() { return std::move(last_sealed_); }
  [[nodiscard]] const std::string& last_chunk() const { return last_sealed_; }
  [[nodiscard]] bool whole_in(std::uint64_t generation) const { return written_ == 0 || generation == generation_; }
  /// From here on its chunks are the commit's, or, where that failed, the next start's: a commit record that
  /// comes back with the WAL must find them.
  void hand_over() { handed_over_ = true; }
  /// Room that it takes until it goes.
  void takes(std::shared_ptr<const void> room) { room_ = std::move(room); }

 private:
  [[nodiscard]] Result<void> write_full_chunk();

  Store& store_;
  ChunkPlace place_;
  Secret key_;
  crypto::Digest digest_;
  std::string plain_;  // at most one chunk and what the last append brought; then the last chunk
  std::string last_sealed_, sha256_;
  std::uint64_t size_ = 0;
  std::uint32_t chunks_ = 0, written_ = 0;
  std::uint64_t generation_;
  bool eight_bit_ = false, handed_over_ = false;
  std::shared_ptr<const void> room_;
};

/// What a whole body is.
struct SealedBody {
  ChunkPlace place;
  std::uint32_t chunks = 0;
  std::string sha256;  // of all of it
};

class SealedBodyReader final : public BodyReader {
 public:
  SealedBodyReader(Store& store, SealedBody body, Secret key)
      : store_(store), body_(std::move(body)), key_(std::move(key)) {}
  [[nodiscard]] Result<std::string> next() override;
  [[nodiscard]] bool at_hand() const override { return at_ >= body_.chunks; }

 private:
  Store& store_;
  SealedBody body_;
  Secret key_;
  crypto::Digest digest_;
  std::uint32_t at_ = 0;
};

}  // namespace postern::spool
