#include "crypto/seal.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;

struct Sealed {
  test::SeededRandom random;
  Secret key = make_key(random);
  QueueId id = QueueId::make(Time(Duration(1)), random);
  ChunkLabel label{id, 0, 3, false};
};

std::string flipped(std::string bytes, std::size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  return bytes;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

Secret secret_of(std::initializer_list<int> bytes) {
  Secret secret(bytes.size());
  std::size_t at = 0;
  for (const int byte : bytes)
    secret.bytes()[at++] = static_cast<std::uint8_t>(byte);
  return secret;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sealing, Sealed)

BOOST_AUTO_TEST_CASE(a_sealed_chunk_opens_to_what_went_in) {
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 10'240U, 262'144U}) {
    const std::string plain(size, 'x');
    const std::string sealed = seal_chunk(key, label, plain);
    BOOST_TEST(sealed.size() == size + seal_overhead);
    BOOST_TEST(open_chunk(key, label, sealed).value() == plain);
  }
}

BOOST_AUTO_TEST_CASE(a_chunk_opens_only_under_the_label_it_was_sealed_under) {
  const std::string sealed = seal_chunk(key, label, "some text");
  ChunkLabel moved = label, other_stream = label, ended = label, other_message = label;
  moved.index = 4;
  other_stream.stream = 1;
  ended.last = true;
  other_message.id = QueueId::make(Time(Duration(2)), random);
  for (const ChunkLabel& wrong : {moved, other_stream, ended, other_message}) {
    const auto opened = open_chunk(key, wrong, sealed);
    BOOST_REQUIRE(!opened);
    BOOST_TEST((opened.error().code == Errc::corrupt));
  }
}

BOOST_AUTO_TEST_CASE(every_changed_bit_position_of_a_sealed_chunk_is_noticed) {
  const std::string sealed = seal_chunk(key, label, "some text");
  for (std::size_t at = 0; at < sealed.size(); ++at)
    BOOST_TEST(!open_chunk(key, label, flipped(sealed, at)));
}

BOOST_AUTO_TEST_CASE(every_truncation_of_a_sealed_chunk_is_noticed) {
  const std::string sealed = seal_chunk(key, label, "some text");
  for (std::size_t size = 0; size < sealed.size(); ++size)
    BOOST_TEST(!open_chunk(key, label, sealed.substr(0, size)));
}

BOOST_AUTO_TEST_CASE(another_key_opens_nothing) {
  BOOST_TEST(!open_chunk(make_key(random), label, seal_chunk(key, label, "some text")));
}

BOOST_AUTO_TEST_CASE(a_wrapped_key_unwraps_only_with_the_key_that_wrapped_it) {
  const Secret inner = make_key(random);
  const std::string wrapped = wrap_key(key, inner);
  BOOST_TEST(wrapped.size() == key_size + 8);
  BOOST_TEST(unwrap_key(key, wrapped).value().text() == inner.text());
  BOOST_TEST(!unwrap_key(make_key(random), wrapped));
  for (std::size_t at = 0; at < wrapped.size(); ++at)
    BOOST_TEST(!unwrap_key(key, flipped(wrapped, at)));
  BOOST_TEST(!unwrap_key(key, wrapped.substr(1)));
  BOOST_TEST(!unwrap_key(key, ""));
}

BOOST_AUTO_TEST_CASE(wrapping_gives_the_vector_of_rfc_3394_section_4_6) {
  Secret with(32), inner(32);
  for (std::size_t i = 0; i < 32; ++i)
    with.bytes()[i] = static_cast<std::uint8_t>(i);
  const Secret vector =
      secret_of({0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
                 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f});
  BOOST_TEST(hex(wrap_key(with, vector)) ==
             "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
}

BOOST_AUTO_TEST_CASE(sealing_goes_on_after_an_unwrapping_that_failed) {
  BOOST_TEST(!unwrap_key(key, std::string(key_size + 8, 'x')));
  BOOST_TEST(open_chunk(key, label, seal_chunk(key, label, "text")).value() == "text");
}

BOOST_AUTO_TEST_CASE(a_digest_in_pieces_is_the_digest_of_the_whole) {
  Digest digest;
  digest.update("a");
  digest.update("");
  digest.update("bc");
  BOOST_TEST(hex(digest.finish()) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_SUITE_END()
