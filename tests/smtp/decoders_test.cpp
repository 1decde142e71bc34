// The bodies of DATA and BDAT: against a slow, plain reading of the rules, cut at every place.
#include <boost/test/unit_test.hpp>

#include "smtp/bdat_decoder.hpp"
#include "smtp/data_decoder.hpp"
#include "tests/smtp/reference_decoder.hpp"

using namespace postern;
using namespace postern::smtp;
using mail::LineFault;

namespace {

struct Decoded {
  std::string body;
  std::size_t used = 0;
  bool ended = false;
  LineFault fault = LineFault::none;
  bool operator==(const Decoded&) const = default;
};

/// Feeds `in` in pieces that end at `cuts`.
Decoded decode(std::string_view in, const std::vector<std::size_t>& cuts, std::size_t longest = 1000) {
  DataDecoder decoder(longest);
  Decoded result;
  std::vector<std::string_view> pieces;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= cuts.size() && !decoder.ended(); ++i) {
    const std::size_t to = i < cuts.size() ? cuts[i] : in.size();
    // A copy of its own, so that a view into an earlier piece would be found by ASan.
    const std::string piece(in.substr(from, to - from));
    pieces.clear();
    result.used += decoder.feed(piece, pieces);
    for (const std::string_view view : pieces)
      result.body += view;
    from = to;
  }
  result.ended = decoder.ended();
  result.fault = decoder.fault();
  return result;
}

Decoded reference(std::string_view in, std::size_t longest = 1000) {
  const test::ReferenceBody plain = test::read_data(in, longest);
  return {plain.body, plain.used, plain.ended, plain.fault};
}

void check_same(std::string_view in, const Decoded& decoded, const Decoded& plain) {
  const bool same_end = decoded.used == plain.used && decoded.ended == plain.ended && decoded.fault == plain.fault;
  // After a fault the body is of no use, and how much of it was given out before depends on the cuts.
  const bool same_body =
      plain.fault == LineFault::none ? decoded.body == plain.body : plain.body.starts_with(decoded.body);
  BOOST_TEST((same_end && same_body), "of " << std::string(in) << ": " << decoded.body << " instead of " << plain.body);
}

const std::vector<std::string> bodies = {
    ".\r\n",
    "a\r\n.\r\n",
    "a\r\n..\r\n.\r\nNOOP\r\n",
    "..a\r\n...\r\n.b\r\n.\r\n",
    "\r\n\r\n.\r\n",
    "a\r\n.\rb\r\n.\r\n",
    "a\r\n.\r\r\n.\r\n",
    "a\r\n.\n.\r\n\r\n.\r\n",
    "a\n.\n\r\n.\r\n",
    "a\n.\r\nb\r\n.\r\n",
    "a\r.\r\nb\r\n.\r\n",
    "a\r\r\n.\r\n",
    "a\r\n.",
    "a\r\n.\r",
    "a\r\n. \r\n.\r\n",
    "a\r",
    std::string("a\r\n\0.\r\n.\r\n", 10),
    std::string("a\r\n.\0\r\n.\r\n", 10),
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_body_reads_the_same_wherever_it_is_cut) {
  for (const std::string& body : bodies) {
    const Decoded plain = reference(body);
    check_same(body, decode(body, {}), plain);
    for (std::size_t a = 0; a <= body.size(); ++a) {
      for (std::size_t b = a; b <= body.size(); ++b)
        check_same(body, decode(body, {a, b}), plain);
    }
    std::vector<std::size_t> each_octet;
    for (std::size_t i = 1; i < body.size(); ++i)
      each_octet.push_back(i);
    check_same(body, decode(body, each_octet), plain);
  }
}

BOOST_AUTO_TEST_CASE(random_bodies_of_dots_and_line_ends_read_as_the_reference_reads_them) {
  std::uint64_t state = 1;
  const auto next = [&state](std::size_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>((state >> 33) % below);
  };
  // Mostly whole line ends, so that a body often gets far before it is at fault.
  const std::vector<std::string> alphabet = {"\r\n", "\r\n", "\r\n", ".", ".", "ab", "\r", "\n", std::string(1, '\0')};
  for (int i = 0; i < 20'000; ++i) {
    std::string body;
    const std::size_t most = next(2) == 0 ? alphabet.size() - 3 : alphabet.size();
    for (std::size_t left = next(14); left > 0; --left)
      body += alphabet[next(most)];
    const std::size_t cut = next(body.size() + 1);
    check_same(body, decode(body, {cut}, 3), reference(body, 3));
  }
}

BOOST_AUTO_TEST_CASE(what_comes_out_are_views_of_what_went_in) {
  const std::string in = "Subject: x\r\n\r\n..dot\r\nlong text\r\n.\r\n";
  DataDecoder decoder(1000);
  std::vector<std::string_view> pieces;
  decoder.feed(in, pieces);
  BOOST_TEST(pieces.size() == 2U);
  for (const std::string_view piece : pieces) {
    BOOST_TEST((piece.data() >= in.data() && piece.data() + piece.size() <= in.data() + in.size()));
  }
}

BOOST_AUTO_TEST_CASE(nothing_behind_the_end_is_taken) {
  DataDecoder decoder(1000);
  std::vector<std::string_view> pieces;
  BOOST_TEST(decoder.feed("a\r\n.\r\nMAIL FROM:<x@y>\r\n", pieces) == 6U);
  BOOST_TEST(decoder.ended());
  BOOST_TEST(decoder.feed("more", pieces) == 0U);
}

namespace {

struct Chunked {
  std::string body;
  LineFault fault = LineFault::none;
  std::uint64_t mended = 0;
  bool ended_line = false;
  bool operator==(const Chunked&) const = default;
};

Chunked decode_chunks(std::string_view in, const std::vector<std::size_t>& cuts, BareLf bare_lf) {
  BdatDecoder decoder(bare_lf, 1000);
  Chunked result;
  std::vector<std::string_view> pieces;
  const auto take = [&] {
    for (const std::string_view view : pieces)
      result.body += view;
    pieces.clear();
  };
  std::size_t from = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t to = i < cuts.size() ? cuts[i] : in.size();
    const std::string piece(in.substr(from, to - from));
    decoder.feed(piece, pieces);
    take();
    from = to;
  }
  decoder.finish(pieces);
  take();
  result.fault = decoder.fault();
  result.mended = decoder.bare_lf_mended();
  result.ended_line = decoder.final_line_ended();
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(chunks_read_the_same_wherever_they_are_cut) {
  const std::vector<std::string> messages = {
      "",    "a\r\nb\r\n", "a\nb\n",  "a\r\n\nb", "\n",           "\n.\n",     "\r\n.\r\n",
      "a\r", "a\rb",       "a\r\r\n", "\r\n\r\n", "a\n\n\nb\r\n", "a\r\n.\nb", std::string("a\0b", 3)};
  for (const BareLf bare_lf : {BareLf::refuse, BareLf::normalise}) {
    for (const std::string& message : messages) {
      const test::ReferenceChunks plain = test::read_chunks(message, bare_lf == BareLf::normalise);
      for (std::size_t a = 0; a <= message.size(); ++a) {
        for (std::size_t b = a; b <= message.size(); ++b) {
          const Chunked decoded = decode_chunks(message, {a, b}, bare_lf);
          BOOST_TEST((decoded.fault == plain.fault), "of " << message);
          if (plain.fault != LineFault::none) continue;
          BOOST_TEST(decoded.body == plain.body);
          BOOST_TEST(decoded.mended == plain.mended);
          BOOST_TEST(decoded.ended_line == plain.ended_line);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(no_fault_ever_comes_out_of_a_decoder) {
  for (const std::string& body : bodies) {
    const std::string out = decode(body, {}).body;
    mail::LineChecker checker;
    BOOST_TEST((checker.check(out) == LineFault::none));
  }
}
