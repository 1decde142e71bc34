// Parts that are longer than what is held in memory: decoded and scanned in pieces, and nothing is missed at a border.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "inspect/findings.hpp"
#include "inspect/parts.hpp"
#include "inspect/windows.hpp"
#include "mail/transfer_decoding.hpp"
#include "tests/inspect/probes.hpp"

namespace postern::inspect {
namespace {

using mail::Uninspectable;

constexpr std::size_t long_text = most_whole + (2U << 20);
const std::string ssn = "536-22-1234";

/// Lines of words, `size` octets.
std::string prose(std::size_t size) {
  std::string text;
  while (text.size() < size)
    text += "Nothing to see in this line, nor in the next one.\r\n";
  text.resize(size, '.');
  return text;
}

std::string with(const std::string& type, const std::string& encoding, const std::string& body) {
  return "Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: " + type + "\r\nContent-Transfer-Encoding: " + encoding +
         "\r\n\r\n" + body;
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i + 2 < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k])); };
    const std::uint32_t bits = at(0) << 16 | at(1) << 8 | at(2);
    for (const int shift : {18, 12, 6, 0})
      out.push_back(alphabet[bits >> shift & 63]);
    if (i % 57 == 54) out += "\r\n";
  }
  return out;
}

template <class Decoder>
std::string in_pieces(std::string_view encoded, std::minstd_rand& random) {
  Decoder decoder;
  std::string out;
  while (!encoded.empty()) {
    const std::size_t n = std::min<std::size_t>(encoded.size(), random() % 4);
    decoder.feed(encoded.substr(0, n), out);
    encoded.remove_prefix(n);
  }
  decoder.finish(out);
  return out;
}

std::size_t found(const mail::Facts& facts, std::uint32_t part) {
  return static_cast<std::size_t>(std::ranges::count(facts.findings, part, &mail::Finding::part));
}

/// The SSN across each border between two windows, and where it begins or ends at one.
std::string with_values_at_borders(std::size_t size) {
  std::string text = prose(size);
  for (std::size_t border = Windows::size; border + 100 < size; border += Windows::size) {
    for (const std::size_t from : {border - 5, border - 30, border + 20})
      text.replace(from, ssn.size() + 2, " " + ssn + " ");
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(inspect_long_parts)

BOOST_AUTO_TEST_CASE(decoding_does_not_depend_on_where_the_input_is_cut) {
  std::minstd_rand random(7);
  static constexpr std::string_view quoted = "=AaFf09 \t\r\nx=", coded = "QUJD+/=== \r\n-z";
  for (int round = 0; round < 5'000; ++round) {
    std::string qp, b64;
    for (unsigned i = random() % 40; i > 0; --i) {
      qp.push_back(quoted[random() % quoted.size()]);
      b64.push_back(coded[random() % coded.size()]);
    }
    BOOST_TEST(in_pieces<mail::QuotedPrintableDecoder>(qp, random) == mail::decode_quoted_printable(qp));
    BOOST_TEST(in_pieces<mail::Base64Decoder>(b64, random) == mail::decode_base64(b64));
  }
}

BOOST_AUTO_TEST_CASE(windows_are_the_whole_and_end_at_lines_where_there_are_any) {
  const std::string text = prose(2 * Windows::size + 12'345);
  for (const auto encoding : {TransferEncoding::identity, TransferEncoding::base64}) {
    const std::string encoded = encoding == TransferEncoding::base64 ? base64(text) : text;
    const std::string decoded = encoding == TransferEncoding::base64 ? mail::decode_base64(encoded) : text;
    Windows windows(encoded, encoding);
    std::string together;
    while (const auto window = windows.next()) {
      together += *window;
      BOOST_TEST(window->size() <= Windows::size + (64U << 10));
      BOOST_TEST((together.size() == decoded.size() || window->back() == '\n'));
    }
    BOOST_TEST((together == decoded));
  }
}

BOOST_AUTO_TEST_CASE(without_lines_a_window_ends_between_characters) {
  std::string text;
  while (text.size() < 2 * Windows::size)
    text += "\xe6\x97\xa5\xf0\x9f\x98\x80";
  Windows windows(text, TransferEncoding::identity);
  std::string together;
  while (const auto window = windows.next()) {
    BOOST_TEST((static_cast<unsigned char>(window->front()) & 0xc0) != 0x80);
    together += *window;
  }
  BOOST_TEST((together == text));
}

BOOST_AUTO_TEST_CASE(a_value_at_a_border_of_windows_is_found_once) {
  const std::string text = with_values_at_borders(long_text);
  const std::size_t values = 3 * ((long_text - 101) / Windows::size);
  for (const std::string encoding : {"8bit", "base64", "quoted-printable"}) {
    const std::string body = encoding == "base64" ? base64(text) : text;
    BOOST_TEST_REQUIRE(body.size() > most_whole);
    const mail::Facts facts = inspect_with(case_probes(), with("text/plain; charset=utf-8", encoding, body));
    BOOST_TEST(found(facts, 1) == values, encoding << ": " << found(facts, 1) << " of " << values);
    BOOST_TEST(!facts.parts[1].uninspectable.has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_reading_in_pieces_gives_the_findings_of_the_whole) {
  std::minstd_rand random(11);
  std::string text;
  while (text.size() < (3U << 20)) {
    text += random() % 3 == 0 ? ssn : random() % 2 == 0 ? "diabetes" : "nothing";
    text += random() % 400 == 0 ? "\n" : random() % 9 == 0 ? "" : " ";
    if (random() % 50 == 0) text.append(random() % 5'000, 'x');
  }
  const mail::ProbeSet probes = case_probes();
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < probes.size(); ++i) {
    if (probes[i].target == mail::ProbeTarget::text) all.push_back(i);
  }
  Scratch scratch;
  const auto matcher = Matcher::compile(probes, all, scratch).value();
  const std::string key = "key";
  const auto read = [&](std::size_t piece) {
    Findings findings(*matcher, key, probes.size(), scratch);
    for (std::size_t at = 0; at < text.size(); at += piece)
      findings.take(0, text.substr(at, piece), true);
    findings.take(0, "", false);
    return std::move(findings).facts(text.size(), {{"0", "text/rfc822-headers", text.size(), false, {}}}).value();
  };
  const mail::Facts whole = read(text.size());
  BOOST_TEST(whole.findings.size() > 1'000U);
  for (const std::size_t piece : {200'000U, 333'333U, 1'048'576U})
    BOOST_TEST((read(piece) == whole), "pieces of " << piece);
}

BOOST_AUTO_TEST_CASE(what_must_be_in_memory_whole_and_is_too_long_says_so) {
  const std::string text = prose(long_text);
  for (const std::string type : {"text/html", "text/plain; charset=utf-16", "message/rfc822"}) {
    const mail::Facts facts = inspect_with(case_probes(), with(type, "base64", base64(text)));
    BOOST_TEST((facts.parts.at(1).uninspectable == Uninspectable::too_large), type);
  }
  const mail::Facts uuencoded = inspect_with(case_probes(), with("text/plain", "x-uuencode", text));
  BOOST_TEST((uuencoded.parts.at(1).uninspectable == Uninspectable::too_large));
}

BOOST_AUTO_TEST_CASE(a_long_attachment_that_is_no_text_is_unsupported_and_its_size_is_known) {
  std::string octets(long_text / 3 * 3, '\x01');
  const mail::Facts facts = inspect_with(case_probes(), with("application/octet-stream", "base64", base64(octets)));
  BOOST_TEST((facts.parts.at(1).uninspectable == Uninspectable::unsupported));
  BOOST_TEST(facts.parts[1].size == octets.size());
}

BOOST_AUTO_TEST_CASE(a_long_text_under_a_name_is_read_though_its_type_says_nothing) {
  const std::string text = with_values_at_borders(long_text);
  const mail::Facts facts =
      inspect_with(case_probes(), with("application/octet-stream; name=patients.csv", "base64", base64(text)));
  BOOST_TEST(found(facts, 1) > 0U);
  BOOST_TEST(!facts.parts.at(1).uninspectable.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace postern::inspect
