#include "crypto/pgp_mime.hpp"

#include <boost/test/unit_test.hpp>

#include "crypto/pgp_inline.hpp"
#include "mail/headers.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;

const std::string armour = "-----BEGIN PGP MESSAGE-----\r\n\r\nwV4D\r\n=AAAA\r\n-----END PGP MESSAGE-----\r\n";

std::string boundary_of(const std::string& entity) {
  const std::size_t at = entity.find("boundary=\"") + 10;
  return entity.substr(at, entity.find('"', at) - at);
}

std::string why(const std::string& entity) {
  const auto text = inline_text(entity);
  return text ? "it may: " + text->text : text.error().text;
}

bool has(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pgp_mime)

BOOST_AUTO_TEST_CASE(two_parts_as_rfc_3156_wants_them) {
  const std::string entity = format_pgp_mime(armour);
  const std::string boundary = boundary_of(entity);
  BOOST_TEST(entity == "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n\tboundary=\"" +
                           boundary +
                           "\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
                           "This message is encrypted with OpenPGP (RFC 3156).\r\n\r\n--" +
                           boundary +
                           "\r\nContent-Type: application/pgp-encrypted\r\n"
                           "Content-Description: PGP/MIME version identification\r\n\r\nVersion: 1\r\n\r\n--" +
                           boundary +
                           "\r\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\r\n"
                           "Content-Description: OpenPGP encrypted message\r\n"
                           "Content-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n" +
                           armour + "\r\n--" + boundary + "--\r\n");
}

BOOST_AUTO_TEST_CASE(lines_end_with_crlf_whatever_the_engine_wrote) {
  std::string with_lf;
  for (const char c : armour)
    if (c != '\r') with_lf += c;
  BOOST_TEST(format_pgp_mime(with_lf) == format_pgp_mime(armour));
  const std::string entity = format_pgp_mime(with_lf);
  for (std::size_t i = 0; i < entity.size(); ++i) {
    if (entity[i] == '\n') BOOST_TEST(entity[i - 1] == '\r');
    BOOST_TEST((entity[i] >= 0 && entity[i] < 0x7f));
  }
}

BOOST_AUTO_TEST_CASE(the_boundary_is_nowhere_inside_and_the_same_at_each_attempt) {
  const std::string boundary = boundary_of(format_pgp_mime(armour));
  BOOST_TEST(boundary == boundary_of(format_pgp_mime(armour)));
  BOOST_TEST(boundary.size() <= 70U);  // RFC 2046 §5.1.1
  BOOST_TEST(!has(armour, boundary));
  // Whoever knows how it is made cannot make it occur: what contains it has another.
  const std::string holds_it = armour + "--" + boundary + "\r\n";
  BOOST_TEST(!has(holds_it, boundary_of(format_pgp_mime(holds_it))));
}

BOOST_AUTO_TEST_CASE(inline_pgp_carries_one_plain_text) {
  const auto plain = inline_text("Content-Type: text/plain; charset=\"UTF-8\"; format=flowed\r\n\r\nh\xc3\xa4llo\r\n");
  BOOST_REQUIRE(plain);
  BOOST_TEST(plain->text == "h\xc3\xa4llo\r\n");
  BOOST_TEST(plain->charset == "utf-8");
  const auto quoted = inline_text(
      "content-type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\nh=E4llo "
      "=\r\nyou =3D =zz\r\n");
  BOOST_REQUIRE(quoted);
  BOOST_TEST(quoted->text == "h\xe4llo you = =zz\r\n");
  BOOST_TEST(quoted->charset == "iso-8859-1");
  const auto base64 = inline_text("Content-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n");
  BOOST_REQUIRE(base64);
  BOOST_TEST(base64->text == "hello");
  BOOST_TEST(base64->charset == "us-ascii");
}

BOOST_AUTO_TEST_CASE(and_what_it_cannot_carry_is_refused_with_the_reason) {
  BOOST_TEST(has(why("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"), "this message has parts"));
  BOOST_TEST(has(why("Content-Type: text/html\r\n\r\n<p>"), "another type"));
  BOOST_TEST(has(why("Content-Type: text/plainer\r\n\r\nx"), "another type"));
  BOOST_TEST(
      has(why("Content-Type: text/plain\r\nContent-Disposition: attachment; filename=x\r\n\r\nx"), "an attachment"));
  BOOST_TEST(has(why("Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\nx"), "transfer encoding"));
  BOOST_TEST(has(why("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n*!*"), "not the base64"));
  BOOST_TEST(has(why("Content-Type: text/plain; charset=\"x\\\"\r\nA: b\"\r\n\r\nx"), "charset"));
}

BOOST_AUTO_TEST_CASE(its_entity_is_text_in_the_charset_of_what_is_inside) {
  BOOST_TEST(format_inline_pgp("-----BEGIN PGP MESSAGE-----\n\nx\n", "utf-8") ==
             "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
             "-----BEGIN PGP MESSAGE-----\r\n\r\nx\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
