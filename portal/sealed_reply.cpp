#include "portal/sealed_reply.hpp"

#include "base/time_codec.hpp"
#include "crypto/pickup_key.hpp"
#include "portal/deposit.hpp"

namespace postern::portal {
namespace {

constexpr std::uint8_t reply_stream = 3;
constexpr std::size_t longest_text = 1000;
constexpr std::uint64_t largest_letter = 2 * largest_reply;  // attachments are in base64

crypto::ChunkLabel label(const SealedReply& reply, std::uint32_t index) {
  return {reply.id, reply_stream, index, index + 1 == reply.chunks};
}

}  // namespace

Sealing seal_reply(const Secret& root, std::string lookup, const Letter& letter, Time now, Random& random) {
  Writer written;
  written.bytes(letter.subject);
  written.boolean(letter.to_all);
  written.bytes(letter.entity);
  const std::string plain = written.take();
  Sealing sealing;
  SealedReply& reply = sealing.reply;
  reply = {QueueId::make(now, random),
           std::move(lookup),
           now,
           random_octets(random, crypto::pickup_salt_size),
           plain.size(),
           static_cast<std::uint32_t>(chunks_of(plain.size()))};
  const Secret key = crypto::reply_key(root, reply.salt);
  for (std::uint32_t i = 0; i < reply.chunks; ++i)
    sealing.chunks.push_back(
        crypto::seal_chunk(key, label(reply, i), std::string_view(plain).substr(i * chunk_size, chunk_size)));
  return sealing;
}

Result<Letter> open_reply(const Secret& root, const SealedReply& reply, const std::vector<std::string>& chunks) {
  if (chunks.size() != reply.chunks) return fail(Errc::corrupt, "a reply is not whole");
  const Secret key = crypto::reply_key(root, reply.salt);
  std::string plain;
  plain.reserve(reply.size);
  for (std::uint32_t i = 0; i < reply.chunks; ++i) {
    const auto opened = crypto::open_chunk(key, label(reply, i), chunks[i]);
    if (!opened) return fail(opened.error());
    plain += *opened;
  }
  Reader in(plain);
  Letter letter;
  letter.subject = in.bytes(longest_text);
  letter.to_all = in.boolean();
  letter.entity = in.bytes();
  if (!in.finished()) return fail(Errc::corrupt, "a reply cannot be read");
  return letter;
}

void encode(Writer& out, const SealedReply& reply) {
  out.bytes(reply.id.str());
  out.bytes(reply.lookup);
  encode_time(out, reply.at);
  out.bytes(reply.salt);
  out.u64(reply.size);
  out.u64(reply.chunks);
}

SealedReply decode_sealed_reply(Reader& in) {
  SealedReply reply;
  const auto id = QueueId::parse(in.bytes(longest_text));
  if (!id) return in.reject(), reply;
  reply.id = *id;
  reply.lookup = in.bytes(longest_text);
  reply.at = decode_time(in);
  reply.salt = in.bytes(longest_text);
  reply.size = in.u64();
  const std::uint64_t chunks = in.u64();
  if (!is_lookup(reply.lookup) || reply.salt.size() != crypto::pickup_salt_size || reply.size == 0 ||
      reply.size > largest_letter || chunks != chunks_of(reply.size))
    in.reject();
  reply.chunks = static_cast<std::uint32_t>(chunks);
  return reply;
}

}  // namespace postern::portal
