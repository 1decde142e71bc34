// What is protected by the letter, and what only looks so.
#include "mail/protected_mail.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern::mail;

struct Case {
  std::string expected, message;
};

std::string kind_of(std::string_view message) {
  return std::string(format_protected(recognise_protection(message).kind));
}
std::string method_of(std::string_view message) {
  return recognise_protection(message).calendar_method;
}
std::string with_type(const std::string& type, const std::string& body = "x\r\n") {
  return "From: a@b.example\r\nContent-Type: " + type + "\r\nSubject: s\r\n\r\n" + body;
}

BOOST_AUTO_TEST_SUITE(protected_mail)

BOOST_AUTO_TEST_CASE(by_the_outermost_type) {
  const Case cases[] = {
      {"smime-encrypted", with_type("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m")},
      {"smime-encrypted", with_type("application/X-pkcs7-mime;\r\n\tsmime-type=\"Enveloped-Data\"")},
      {"smime-encrypted", with_type("application/pkcs7-mime; smime-type=authEnveloped-data")},
      {"smime-signed", with_type("application/pkcs7-mime; smime-type=signed-data")},
      {"smime-other", with_type("application/pkcs7-mime; smime-type=compressed-data")},
      {"smime-other", with_type("application/pkcs7-mime; name=smime.p7m")},
      {"smime-signed",
       with_type("multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=b")},
      {"smime-signed", with_type("multipart/signed; protocol=\"application/x-pkcs7-signature\"; boundary=b")},
      {"pgp-signed", with_type("multipart/signed; protocol=\"application/pgp-signature\"; boundary=b")},
      {"pgp-encrypted", with_type("multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b")},
      {"none", with_type("multipart/signed; boundary=b")},
      {"none", with_type("multipart/signed; protocol=\"application/x-other\"; boundary=b")},
      {"none", with_type("multipart/signed; protocol=\"application/pgp-signature\"")},
      {"none", with_type("multipart/encrypted; boundary=b")},
      {"none", with_type("multipart/encrypted; protocol=\"application/pgp-signature\"; boundary=b")},
      {"none",
       with_type("multipart/mixed; boundary=b",
                 "--b\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nx\r\n--b--\r\n")},
      {"none", with_type("application/octet-stream; name=smime.p7m")},
      {"none", with_type("text/html")},
      {"none", "Subject: no type\r\n\r\nx\r\n"},
      {"none", ""},
      {"none", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n"},
  };
  for (const auto& [expected, message] : cases)
    BOOST_TEST(kind_of(message) == expected, message);
}

BOOST_AUTO_TEST_CASE(what_clients_read_differently_is_none) {
  BOOST_TEST(
      kind_of("Content-Type: text/html\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\n") ==
      "none");
  BOOST_TEST(kind_of(with_type("application/pkcs7-mime; smime-type=\"enveloped-data")) == "none");
  BOOST_TEST(kind_of(with_type("application/pkcs7-mime smime-type=enveloped-data")) == "none");
  BOOST_TEST(kind_of(with_type("application/pkcs7-mime (x; smime-type=enveloped-data)")) == "smime-other");
}

BOOST_AUTO_TEST_CASE(inline_pgp_begins_the_text) {
  const std::string encrypted = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQ\r\n-----END PGP MESSAGE-----\r\n";
  BOOST_TEST(kind_of(with_type("text/plain; charset=utf-8", encrypted)) == "pgp-inline-encrypted");
  BOOST_TEST(kind_of("Subject: x\r\n\r\n\r\n \r\n" + encrypted) == "pgp-inline-encrypted");
  BOOST_TEST(kind_of(with_type("text/plain", "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nx\r\n")) ==
             "pgp-inline-signed");
  BOOST_TEST(kind_of(with_type("text/plain", "See below\r\n" + encrypted)) == "none");
  BOOST_TEST(kind_of(with_type("text/plain", "> " + encrypted)) == "none");
  BOOST_TEST(kind_of(with_type("text/html", encrypted)) == "none");
  BOOST_TEST(kind_of(with_type("text/plain", "-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n")) == "none");
  BOOST_TEST(kind_of(with_type("text/plain\r\nContent-Transfer-Encoding: base64", encrypted)) == "none");
}

BOOST_AUTO_TEST_CASE(an_invitation_itself_or_in_a_part) {
  const std::string part = "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n";
  BOOST_TEST(method_of(with_type("text/calendar; method=request")) == "REQUEST");
  BOOST_TEST(method_of(with_type("text/calendar")) == "");
  BOOST_TEST(method_of(with_type("multipart/alternative; boundary=b",
                                 "--b\r\n\r\ntext\r\n--b\r\n" + part + "--b--\r\n")) == "REQUEST");
  BOOST_TEST(method_of(with_type("multipart/mixed; boundary=a",
                                 "\r\n--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n" + part)) ==
             "REQUEST");
  BOOST_TEST(method_of(with_type("multipart/alternative; boundary=b",
                                 "--b\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n")) == "REPLY");
  BOOST_TEST(method_of(with_type(
                 "multipart/mixed; boundary=b",
                 "--b\r\nContent-Type: text/plain\r\n\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n")) == "");
  BOOST_TEST(method_of(with_type("text/plain", "--b\r\n" + part)) == "");
}

BOOST_AUTO_TEST_CASE(only_the_beginning_is_read) {
  const std::string part = "\r\n--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n";
  BOOST_TEST(method_of(with_type("multipart/mixed; boundary=b", std::string(60'000, 'x') + part)) == "REQUEST");
  BOOST_TEST(method_of(with_type("multipart/mixed; boundary=b", std::string(70'000, 'x') + part)) == "");
  BOOST_TEST(kind_of("X: " + std::string(70'000, 'x') +
                     "\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\n") == "none");
}

BOOST_AUTO_TEST_CASE(no_message_costs_more_than_a_look) {
  std::string lines;
  while (lines.size() < 64 * 1024)
    lines += "\r\n--";
  for (int i = 0; i < 100; ++i)  // each a minute without the limits
    BOOST_TEST(method_of(with_type("multipart/mixed; boundary=b", lines)) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
