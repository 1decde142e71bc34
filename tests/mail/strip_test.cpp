// Fields that are cut out, and that nothing else changes.
#include "mail/strip.hpp"

#include <boost/test/unit_test.hpp>

#include "mail/claims.hpp"
#include "mail/strip_attached.hpp"

namespace {

using namespace postern::mail;

const std::vector<std::string> names = {"X-Key", "X-Mark"};

BOOST_AUTO_TEST_SUITE(stripping)

BOOST_AUTO_TEST_CASE(fields_go_with_their_folds_in_any_case_and_however_often) {
  BOOST_TEST(without_fields("A: 1\r\nX-Key: a\r\n b\r\n\tc\r\nB: 2\r\nx-KEY :d\r\nX-Mark:\r\nX-Keys: stay\r\n\r\n",
                            names) == "A: 1\r\nB: 2\r\nX-Keys: stay\r\n\r\n");
  BOOST_TEST(without_fields("X-Key: all\r\n\r\n", names) == "\r\n");
  BOOST_TEST(without_fields("A: X-Key: 1\r\n X-Key: 2\r\n\r\n", names) == "A: X-Key: 1\r\n X-Key: 2\r\n\r\n");
  BOOST_TEST(without_fields("A: 1\r\n\r\n", {}) == "A: 1\r\n\r\n");
}

std::string stripped(const std::string& text, std::size_t piece) {
  ReportStripper stripper(names);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece)
    out += stripper.pass(std::string_view(text).substr(at, piece));
  return out + stripper.end();
}

BOOST_AUTO_TEST_CASE(a_report_loses_them_in_every_part_wherever_the_pieces_are_cut) {
  const std::string report =
      "text\r\n\r\n--b\r\n\r\nX-Key: a\r\n b\r\nSubject: x\r\nX-MARK : y\r\n\r\nX-Key without a colon\r\n" +
      std::string(5000, 'x') + "\r\n" + std::string(1990, 'y') + "X-Key: inside a long line\r\nX-Key: last";
  const std::string kept = "text\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\nX-Key without a colon\r\n" +
                           std::string(5000, 'x') + "\r\n" + std::string(1990, 'y') + "X-Key: inside a long line\r\n";
  for (const std::size_t piece : {1U, 2U, 7U, 999U, 2000U, 100'000U})
    BOOST_TEST((stripped(report, piece) == kept), "in pieces of " + std::to_string(piece));
}

BOOST_AUTO_TEST_CASE(a_field_of_any_length_goes_whole) {
  const std::string report =
      "A: 1\r\nX-Key: " + std::string(10'000, 'k') + "\r\n " + std::string(10'000, 'k') + "\r\nB: 2\r\n";
  for (const std::size_t piece : {1U, 100U, 100'000U})
    BOOST_TEST((stripped(report, piece) == "A: 1\r\nB: 2\r\n"));
}

const std::string whole = "message/rfc822", headers_alone = "text/rfc822-headers";

struct Attached {
  std::string kept;
  bool left_signed;
};

Attached without_attached(const std::string& section, const std::string& body, std::size_t piece = 100'000) {
  AttachedStripper stripper(names, section + "\r\n");
  std::string kept;
  for (std::size_t at = 0; at < body.size(); at += piece)
    kept += stripper.pass(std::string_view(body).substr(at, piece));
  kept += stripper.end();
  return {kept, stripper.left_signed()};
}

const std::string mixed = "Content-Type: multipart/mixed;\r\n boundary=\"=_b\"\r\n";
const std::string ours = "X-Key: a\r\n b\r\nx-mark : c\r\n";

std::string part(const std::string& type, const std::string& content, const std::string& boundary = "=_b") {
  return "--" + boundary + "\r\nContent-Type: " + type + "\r\n\r\n" + content;
}

BOOST_AUTO_TEST_CASE(an_attached_message_loses_them_in_its_header_and_nothing_else_does) {
  const std::string text = part("text/plain", ours + "\r\n" + ours);
  const std::string end = "\r\n--=_b--\r\n" + ours;
  for (const std::string& type : {whole, headers_alone, std::string("message/global"),
                                  std::string("message/global-headers"), std::string("Message/RFC822; x=y")}) {
    const std::string before = text + part(type, "A: 1\r\n" + ours + "B: 2\r\n\r\n" + ours) + text + end;
    const std::string after = text + part(type, "A: 1\r\nB: 2\r\n\r\n" + ours) + text + end;
    for (const std::size_t piece : {1U, 2U, 7U, 100'000U})
      BOOST_TEST(without_attached(mixed, before, piece).kept == after, type);
  }
  // A header that ends with its part, and a long value.
  BOOST_TEST(
      without_attached(mixed, part(headers_alone, "X-Key: " + std::string(9000, 'k') + "\r\n--=_b--\r\n")).kept ==
      part(headers_alone, "--=_b--\r\n"));
}

BOOST_AUTO_TEST_CASE(attached_at_any_depth_and_where_the_message_is_nothing_else) {
  const std::string inner = "Content-Type: multipart/report; boundary=in\r\n";
  const auto nested = [&](const std::string& fields) {
    return part(whole, fields + inner + "\r\n" + part(headers_alone, fields, "in") + "--in--\r\n--=_b--\r\n");
  };
  BOOST_TEST(without_attached(mixed, nested(ours)).kept == nested(""));
  BOOST_TEST(without_attached("Content-Type: message/rfc822\r\n", ours + "\r\n" + ours).kept == "\r\n" + ours);
  const std::string digest = "Content-Type: multipart/digest; boundary=d\r\n";
  BOOST_TEST(without_attached(digest, "--d\r\n\r\n" + ours + "A: 1\r\n\r\nx\r\n--d--\r\n").kept ==
             "--d\r\n\r\nA: 1\r\n\r\nx\r\n--d--\r\n");
}

BOOST_AUTO_TEST_CASE(what_is_signed_stays_and_is_told_of) {
  const std::string both = "multipart/signed; boundary=s; protocol=\"application/pkcs7-signature\"";
  const std::string inside = part(whole, ours + "\r\n", "s") + "--s--\r\n";
  const Attached kept = without_attached("Content-Type: " + both + "\r\n", inside);
  BOOST_TEST(kept.kept == inside);
  BOOST_TEST(kept.left_signed);
  // Beside it, and the header of the message that was signed.
  const auto mail = [&](const std::string& fields) {
    return part(whole, fields + "Content-Type: " + both + "\r\n\r\n" + inside) + part(whole, fields + "\r\n") +
           "--=_b--\r\n";
  };
  BOOST_TEST(without_attached(mixed, mail(ours)).kept == mail(""));
  BOOST_TEST(without_attached(mixed, mail(ours)).left_signed);
  BOOST_TEST(!without_attached(mixed, part("text/plain", ours)).left_signed);
}

BOOST_AUTO_TEST_CASE(what_has_no_parts_or_is_encoded_is_not_looked_into) {
  for (const std::string& section :
       {std::string(), std::string("Content-Type: text/plain\r\n"), std::string("Content-Type: multipart/mixed\r\n")})
    BOOST_TEST(!AttachedStripper(names, section + "\r\n").looks(), section);
  const std::string encoded =
      "--=_b\r\nContent-Transfer-Encoding: base64\r\nContent-Type: " + whole + "\r\n\r\n" + ours;
  BOOST_TEST(without_attached(mixed, encoded).kept == encoded);
  const std::string plain = "--=_b\r\nContent-Transfer-Encoding: 7BIT \r\nContent-Type: " + whole + "\r\n\r\n";
  BOOST_TEST(without_attached(mixed, plain + ours).kept == plain);
}

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  std::string deep, section = "Content-Type: multipart/mixed; boundary=b0\r\n";
  for (int level = 0; level < 300; ++level)
    deep += part("multipart/mixed; boundary=b" + std::to_string(level + 1), "", "b" + std::to_string(level));
  BOOST_TEST(without_attached(section, deep).kept == deep);
}

BOOST_AUTO_TEST_CASE(guids_are_read_in_one_form) {
  BOOST_TEST(parse_guid("3F0C9D1E-7A44-4B52-9A1E-0C5D2B6F7E81").value() == "3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81");
  for (const char* bad : {"", "3f0c9d1e7a444b529a1e0c5d2b6f7e81", "{3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81}",
                          "3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e8", "3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81 ",
                          "3g0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81", "-------------------------------------"})
    BOOST_TEST(!parse_guid(bad).has_value(), bad);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
