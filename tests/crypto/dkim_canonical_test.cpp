// The canonical form of a body does not depend on the pieces in which it comes, nor on the way that the code takes
// through it: a plain reading of RFC 6376 §3.4.3 and §3.4.4 is beside it.
#include <random>

#include <boost/test/unit_test.hpp>

#include "base/base64.hpp"
#include "crypto/dkim_hash.hpp"
#include "crypto/dkim_tags.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;

/// Whole, and in the RFC's own steps.
std::string plain_reading(std::string body, Canonical form) {
  if (form == Canonical::relaxed) {
    std::string reduced;
    for (std::size_t i = 0; i < body.size();) {
      const std::size_t end = std::min(body.find_first_not_of(" \t", i), body.size());
      if (end == i) {
        reduced += body[i++];
        continue;
      }
      if (end < body.size() && !std::string_view(body).substr(end).starts_with("\r\n")) reduced += ' ';
      i = end;
    }
    body = reduced;
  }
  while (body.ends_with("\r\n"))
    body.resize(body.size() - 2);
  return body.empty() && form == Canonical::relaxed ? "" : body + "\r\n";
}

std::string in_pieces(std::string_view body, Canonical form, const std::function<std::size_t()>& next_size) {
  std::string out;
  const CanonicalBody::Sink sink = [&](std::string_view octets) { out += octets; };
  CanonicalBody canonical(form);
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, next_size());
    canonical.append(piece, sink);
    body.remove_prefix(piece.size());
  }
  canonical.finish(sink);
  return out;
}

/// Of pieces that are worth mixing: line ends, blanks, words, and long plain stretches.
std::string random_body(std::mt19937& random) {
  static const std::vector<std::string> parts = {"\r\n",
                                                 "\r\n\r\n",
                                                 " ",
                                                 "\t",
                                                 "  ",
                                                 " \t ",
                                                 "word",
                                                 "x",
                                                 "\r",
                                                 "\n",
                                                 "\xe4",
                                                 " \r\n",
                                                 "a b c",
                                                 "\t\r\n",
                                                 std::string(700, 'y'),
                                                 std::string(2500, 'z') + "\r\n"};
  std::string body;
  for (auto left = random() % 40; left > 0; --left)
    body += parts[random() % parts.size()];
  return body;
}

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c == '\r' ? "\\r" : c == '\n' ? "\\n" : c == '\t' ? "\\t" : std::string(1, c);
  return out.substr(0, 400);
}

BOOST_AUTO_TEST_CASE(a_body_in_any_pieces_is_the_body) {
  std::mt19937 random(6376);
  for (int round = 0; round < 3000; ++round) {
    const std::string body = random_body(random);
    for (const Canonical form : {Canonical::simple, Canonical::relaxed}) {
      const std::string expected = plain_reading(body, form);
      const auto longest = 1 + random() % (round % 2 == 0 ? 5 : 3000);
      BOOST_REQUIRE_MESSAGE(in_pieces(body, form, [] { return std::size_t{1}; }) == expected, shown(body));
      BOOST_REQUIRE_MESSAGE(in_pieces(body, form, [&] { return body.size(); }) == expected, shown(body));
      BOOST_REQUIRE_MESSAGE(in_pieces(body, form, [&] { return 1 + random() % longest; }) == expected, shown(body));
    }
  }
}

BOOST_AUTO_TEST_CASE(blanks_and_empty_lines_at_the_end_count_for_nothing_and_others_do) {
  const auto relaxed = [](std::string_view body) {
    return in_pieces(body, Canonical::relaxed, [] { return std::size_t{1000}; });
  };
  for (const char* body : {"", "\r\n", "\r\n\r\n\r\n", " ", " \t", " \r\n", "\t\r\n \r\n\r\n \t"})
    BOOST_TEST(relaxed(body) == "", shown(body));
  for (const char* body : {"x", "x\r\n", "x \t\r\n", "x\r\n \r\n\t\r\n", "x\r\n  "})
    BOOST_TEST(relaxed(body) == "x\r\n", shown(body));
  BOOST_TEST(relaxed("\r\nx") == "\r\nx\r\n");
  BOOST_TEST(relaxed(" \r\nx") == "\r\nx\r\n");
  BOOST_TEST(relaxed("\t x\t\ty") == " x y\r\n");
}

/// Mail of nothing but line ends must not wait in memory for its end.
BOOST_AUTO_TEST_CASE(held_back_line_ends_cost_no_memory) {
  std::string ends;
  for (int i = 0; i < 50'000; ++i)
    ends += "\r\n";
  std::uint64_t given = 0;
  std::size_t largest = 0;
  const CanonicalBody::Sink sink = [&](std::string_view octets) {
    given += octets.size();
    largest = std::max(largest, octets.size());
  };
  CanonicalBody canonical(Canonical::relaxed);
  for (int i = 0; i < 20; ++i)
    canonical.append(ends, sink);
  BOOST_TEST(given == 0U);
  canonical.append("x", sink);
  canonical.finish(sink);
  BOOST_TEST(given == 20 * ends.size() + 3);
  BOOST_TEST(largest < 10'000U);
}

BOOST_AUTO_TEST_CASE(a_length_cuts_the_canonical_form_not_the_body) {  // RFC 6376 §3.4.5
  const auto hash = [](std::string_view body, std::optional<std::uint64_t> length) {
    DkimBodyHash of(Canonical::relaxed, length);
    of.update(body);
    return format_base64(of.finish());
  };
  BOOST_TEST(hash("a  b\r\nmore", 3) == hash("a b\r\n", 3));
  BOOST_TEST(hash("a b", 5) == hash("a b", {}));
  BOOST_TEST(hash("a b", 4) != hash("a b", {}));
  DkimBodyHash is_short(Canonical::relaxed, 100);
  is_short.update("a b\r\n");
  BOOST_TEST(!is_short.finish().empty());
  BOOST_TEST(is_short.cut_short(100));
  BOOST_TEST(!is_short.cut_short(5));
}

BOOST_AUTO_TEST_CASE(base64_is_read_strictly_but_for_blanks) {
  for (const char* octets : {"", "a", "ab", "abc", "abcd", "\xff\x80"})
    BOOST_TEST(dkim_base64(format_base64(octets)).value() == octets);
  BOOST_TEST(dkim_base64(" YW\r\n\tI= ").value() == "ab");
  for (const char* wrong : {"YW", "YWI", "YW=I", "=YWI", "YW-_", "Y W!=", "====", "YWI=YWI="})
    BOOST_TEST(!dkim_base64(wrong), wrong);
}

}  // namespace
