// RFC 9788: what stands inside, what outside, and what is left as it was.
#include "mail/header_protection.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern::mail;

const std::string message =
    "Received: from x\r\n by y\r\nFrom: Ann <ann@clinic.example>\r\nSubject: Biopsy of\r\n Mrs. Smith\r\nComments: "
    "private\r\nkeywords: a, b\r\n"
    "DKIM-Signature: v=1\r\nBcc: eve@x.example\r\nX-Mailer: m\r\nMIME-Version: 1.0\r\nContent-Type: text/plain;\r\n "
    "charset=utf-8\r\nContent-Language: de\r\n\r\nbody\r\n";

Entity covered(const std::string& text, Cover cover, HideSubject hide) {
  const auto made = protect_header(cut_entity(text), cover, hide);
  BOOST_REQUIRE(made.has_value());
  return *made;
}
bool cannot(const std::string& text) {
  return !protect_header(cut_entity(text), Cover::cipher, HideSubject::yes).has_value();
}

BOOST_AUTO_TEST_SUITE(header_protection)

BOOST_AUTO_TEST_CASE(encrypted_with_a_hidden_subject) {
  const Entity made = covered(message, Cover::cipher, HideSubject::yes);
  BOOST_TEST(made.outer ==
             "Received: from x\r\n by y\r\nFrom: Ann <ann@clinic.example>\r\nSubject: [...]\r\nDKIM-Signature: v=1\r\n"
             "Bcc: eve@x.example\r\nX-Mailer: m\r\n");
  // RFC 9788 §2.2: each field that stands outside is told inside, and what was taken away is not.
  BOOST_TEST(made.inner ==
             "From: Ann <ann@clinic.example>\r\nSubject: Biopsy of\r\n Mrs. Smith\r\nComments: private\r\nkeywords: a, "
             "b\r\nX-Mailer: m\r\n"
             "HP-Outer: From: Ann <ann@clinic.example>\r\nHP-Outer: Subject: [...]\r\nHP-Outer: X-Mailer: m\r\n"
             "Content-Type: text/plain;\r\n charset=utf-8;\r\n hp=\"cipher\"\r\nContent-Language: de\r\n\r\nbody\r\n");
}

BOOST_AUTO_TEST_CASE(encrypted_with_the_subject_outside) {
  const Entity made = covered(message, Cover::cipher, HideSubject::no);
  BOOST_TEST(made.outer == cut_entity(message).outer);
  BOOST_TEST(made.inner.contains("\r\nHP-Outer: Subject: Biopsy of\r\n Mrs. Smith\r\n"));
  BOOST_TEST(made.inner.contains("\r\nHP-Outer: Comments: private\r\n"));
}

BOOST_AUTO_TEST_CASE(signed_alone_hides_nothing_and_tells_nothing) {
  const Entity made = covered(message, Cover::clear, HideSubject::yes);
  BOOST_TEST(made.outer == cut_entity(message).outer);
  BOOST_TEST(!made.inner.contains("HP-Outer"));
  BOOST_TEST(made.inner.starts_with(
      "From: Ann <ann@clinic.example>\r\nSubject: Biopsy of\r\n Mrs. Smith\r\nComments: private\r\n"));
  BOOST_TEST(made.inner.contains(";\r\n hp=\"clear\"\r\n"));
}

BOOST_AUTO_TEST_CASE(the_hidden_subject_is_nowhere_outside) {
  const std::string twice = "Subject: Biopsy\r\nsubject : Biopsy too\r\n\r\nbody";
  BOOST_TEST(covered(twice, Cover::cipher, HideSubject::yes).outer == "Subject: [...]\r\nsubject: [...]\r\n");
}

BOOST_AUTO_TEST_CASE(a_message_without_a_type_carries_it_on_the_default) {
  const Entity made = covered("Subject: x\r\n\r\nbody", Cover::cipher, HideSubject::yes);
  BOOST_TEST(made.inner ==
             "Subject: x\r\nHP-Outer: Subject: [...]\r\nContent-Type: text/plain; charset=us-ascii;\r\n "
             "hp=\"cipher\"\r\n\r\nbody");
}

BOOST_AUTO_TEST_CASE(a_semicolon_that_is_there_is_used) {
  BOOST_TEST(covered("Content-Type: text/html; \r\n\r\n", Cover::clear, HideSubject::no).inner ==
             "Content-Type: text/html; \r\n hp=\"clear\"\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(an_hp_outer_of_the_sender_is_not_believed) {
  const Entity made = covered("HP-Outer: Subject: forged\r\nSubject: x\r\n\r\n", Cover::cipher, HideSubject::yes);
  BOOST_TEST(!made.inner.contains("forged"));
}

BOOST_AUTO_TEST_CASE(where_it_cannot_be_carried_nothing_is_changed) {
  BOOST_TEST(cannot("Content-Type: multipart/signed; boundary=x\r\n\r\n"));
  BOOST_TEST(cannot("Content-Type: application/pkcs7-mime\r\n\r\n"));
  BOOST_TEST(cannot("Content-Type: text/plain; hp=\"clear\"\r\n\r\n"));
  BOOST_TEST(cannot("Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n"));
  BOOST_TEST(cannot("Content-Type: text/plain; a=\"\r\n\r\n"));
  BOOST_TEST(cannot("Content-Type: text/plain; (x)\r\n\r\n"));
  BOOST_TEST(cannot("Content-Type: nothing\r\n\r\n"));
  BOOST_TEST(cannot("Subject: x\r\nno field\r\n\r\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
