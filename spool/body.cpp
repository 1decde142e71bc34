#include "spool/body.hpp"

#include "base/ascii.hpp"
#include "spool/keys.hpp"

namespace postern::spool {

std::string ChunkPlace::key(std::uint32_t index) const {
  return rendition ? keys::rendition(id, *rendition, index) : keys::indexed(id, index);
}

crypto::ChunkLabel ChunkPlace::label(std::uint32_t index, bool last) const {
  return {id, rendition ? rendition_stream : body_stream, index, last};
}

SealedIncoming::SealedIncoming(Store& store, Random& random, ChunkPlace place, std::uint64_t generation)
    : store_(store), place_(std::move(place)), key_(crypto::make_key(random)), generation_(generation) {}

SealedIncoming::~SealedIncoming() {
  if (written_ == 0 || handed_over_) return;
  Batch batch;
  for (std::uint32_t i = 0; i < written_; ++i)
    batch.erase(place_.table(), place_.key(i));
  // If this fails they are orphans, which recovery erases.
  (void)store_.write({&batch}, false);
}

Result<void> SealedIncoming::append(std::string_view bytes) {
  digest_.update(bytes);
  size_ += bytes.size();
  eight_bit_ = eight_bit_ || !is_ascii(bytes);
  plain_.append(bytes);
  while (plain_.size() > chunk_size) {
    if (auto written = write_full_chunk(); !written) return written;
  }
  return {};
}

Result<void> SealedIncoming::write_full_chunk() {
  const std::string_view chunk = std::string_view(plain_).substr(0, chunk_size);
  Batch batch;
  batch.put(place_.table(), place_.key(chunks_), crypto::seal_chunk(key_, place_.label(chunks_, false), chunk));
  if (auto written = store_.write({&batch}, false); !written) return written;
  written_ = ++chunks_;
  plain_.erase(0, chunk_size);
  return {};
}

Result<void> SealedIncoming::finish() {
  last_sealed_ = crypto::seal_chunk(key_, place_.label(chunks_, true), plain_);
  ++chunks_;
  sha256_ = digest_.finish();
  return {};
}

namespace {

/// Each chunk has proven that it is the one of its place; the last never left memory.
class IncomingReader final : public BodyReader {
 public:
  explicit IncomingReader(const SealedIncoming& body) : body_(body) {}
  Result<std::string> next() override {
    if (at_ >= body_.chunks()) return std::string();
    return body_.chunk(at_++);
  }
  [[nodiscard]] bool at_hand() const override { return at_ + 1 >= body_.chunks(); }

 private:
  const SealedIncoming& body_;
  std::uint32_t at_ = 0;
};

Result<std::string> read_chunk(Store& store, const Secret& key, const ChunkPlace& place, std::uint32_t index,
                               bool last) {
  const auto sealed = store.get(place.table(), place.key(index));
  if (!sealed) return fail(sealed.error());
  if (!*sealed) return fail(Errc::corrupt, "a chunk of " + place.id.str() + " is missing");
  return crypto::open_chunk(key, place.label(index, last), **sealed);
}

}  // namespace

std::unique_ptr<BodyReader> SealedIncoming::open_body() const {
  return std::make_unique<IncomingReader>(*this);
}

Result<std::string> SealedIncoming::chunk(std::uint32_t index) const {
  return index + 1 == chunks_ ? plain_ : read_chunk(store_, key_, place_, index, false);
}

Result<std::string> SealedBodyReader::next() {
  if (at_ >= body_.chunks) return std::string();
  const bool last = at_ + 1 == body_.chunks;
  Result<std::string> plain = read_chunk(store_, key_, body_.place, at_, last);
  if (!plain) return plain;
  digest_.update(*plain);
  if (last && digest_.finish() != body_.sha256)
    return fail(Errc::corrupt, "the body of " + body_.place.id.str() + " is not what came in");
  ++at_;
  return plain;
}

}  // namespace postern::spool
