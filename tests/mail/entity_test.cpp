// What is sealed, and what stays outside: each octet is in one of the two.
#include "mail/entity.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using postern::mail::cut_entity;
using postern::mail::Entity;

const std::string default_type = "Content-Type: text/plain; charset=us-ascii\r\n";

void check(std::string_view message, std::string_view outer, std::string_view inner) {
  const Entity cut = cut_entity(message);
  BOOST_TEST(cut.outer == outer);
  BOOST_TEST(cut.inner == inner);
}

BOOST_AUTO_TEST_SUITE(entity)

BOOST_AUTO_TEST_CASE(the_content_with_its_fields_is_inside_and_all_else_outside) {
  check(
      "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\nSubject: x\r\n"
      "Content-Transfer-Encoding: 8bit\r\nX-Content: y\r\n\r\nbody\r\n",
      "From: a@b.example\r\nSubject: x\r\nX-Content: y\r\n",
      "Content-Type: text/html\r\nContent-Transfer-Encoding: 8bit\r\n\r\nbody\r\n");
}

BOOST_AUTO_TEST_CASE(names_in_any_case_and_every_content_field) {
  check(
      "CONTENT-TYPE: text/html\r\ncontent-language: de\r\nContent-X-Odd: 1\r\nMime-version: 1.0\r\nContent: z\r\n\r\n",
      "Content: z\r\n", "CONTENT-TYPE: text/html\r\ncontent-language: de\r\nContent-X-Odd: 1\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(folded_fields_go_as_a_whole) {
  check("Content-Type: multipart/mixed;\r\n\tboundary=\"x\";\r\n a=b\r\nSubject: a\r\n b\r\n\r\n",
        "Subject: a\r\n b\r\n", "Content-Type: multipart/mixed;\r\n\tboundary=\"x\";\r\n a=b\r\n\r\n");
  check("Content-Type :\r\n text/html\r\n\r\n", "", "Content-Type :\r\n text/html\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(without_a_type_the_entity_names_the_default) {
  check("Subject: x\r\n\r\nHello", "Subject: x\r\n", default_type + "\r\nHello");
  check("Content-Transfer-Encoding: 8bit\r\n\r\n", "", default_type + "Content-Transfer-Encoding: 8bit\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(doubled_fields_both_stay) {
  check("Content-Type: text/html\r\nSubject: a\r\ncontent-type: text/plain\r\nSubject: b\r\n\r\n",
        "Subject: a\r\nSubject: b\r\n", "Content-Type: text/html\r\ncontent-type: text/plain\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(no_header_no_body_nothing) {
  check("\r\nbody", "", default_type + "\r\nbody");
  check("Subject: x\r\n\r\n", "Subject: x\r\n", default_type + "\r\n");
  check("", "", default_type + "\r\n");
  check("\r\n", "", default_type + "\r\n");
}

BOOST_AUTO_TEST_CASE(a_header_that_does_not_end_ends_with_its_last_line) {
  check("Subject: x\r\nTo: y\r\n", "Subject: x\r\nTo: y\r\n", default_type + "\r\n");
  // Else the next field would be a part of this one.
  check("Subject: x", "Subject: x\r\n", default_type + "\r\n");
  check("Subject: x\r\nContent-Type: text/html", "Subject: x\r\n", "Content-Type: text/html\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(lines_that_are_no_fields_stay_outside_in_their_place) {
  check(
      "From ann Wed Nov 25\r\nFrom: a@b.example\r\nnothing\r\n goes on\r\nContent-Type: text/html\r\n: no name\r\nTo: "
      "b\r\nlast\r\n\r\nx",
      "From ann Wed Nov 25\r\nFrom: a@b.example\r\nnothing\r\n goes on\r\n: no name\r\nTo: b\r\nlast\r\n",
      "Content-Type: text/html\r\n\r\nx");
  check(" begins with a blank\r\nTo: b\r\n\r\nx", " begins with a blank\r\nTo: b\r\n", default_type + "\r\nx");
}

BOOST_AUTO_TEST_CASE(the_body_is_not_read) {
  const std::string body =
      "Content-Type: text/html\r\n\r\n\r\nMIME-Version: 1.0\r\n a\rb\nc\0d"
      "\xff";
  check("Subject: x\r\n\r\n" + body, "Subject: x\r\n", default_type + "\r\n" + body);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
