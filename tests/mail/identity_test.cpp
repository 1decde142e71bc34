// Whose mail is it? Everything that could show the recipient somebody else is refused.
#include "mail/identity.hpp"

#include <cstdlib>
#include <fstream>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;

std::string identity(const std::string& section) {
  const std::string text = section + "\r\n";
  const auto from = mail::parse_from(mail::HeaderView(text));
  return from ? from->str() : "refused";
}

BOOST_AUTO_TEST_CASE(one_plain_mailbox_is_taken_in_every_honest_form) {
  BOOST_TEST(identity("From: ann@clinic.example\r\n") == "ann@clinic.example");
  BOOST_TEST(identity("From: <ann@clinic.example>\r\n") == "ann@clinic.example");
  BOOST_TEST(identity("from : Ann Lee <ann@CLINIC.example>\r\n") == "ann@clinic.example");
  BOOST_TEST(identity("From: \"Lee, Ann\" <ann@clinic.example>\r\n") == "ann@clinic.example");
  BOOST_TEST(identity("From: =?utf-8?q?Ann_M=C3=BCller?=\r\n <ann@clinic.example>\r\n") == "ann@clinic.example");
  BOOST_TEST(identity("From: (a comment, with (nesting)) ann@clinic.example (Ann)\r\n") == "ann@clinic.example");
  BOOST_TEST(identity("From: \"ceo@other.example\" <ann@clinic.example>\r\n") == "ann@clinic.example");
  // Devices write their address for a name.
  BOOST_TEST(identity("From: Ann@clinic.example <ann@Clinic.example>\r\n") == "ann@clinic.example");
}

BOOST_AUTO_TEST_CASE(whatever_could_show_somebody_else_is_refused) {
  for (const char* section : {
           "Subject: no From\r\n",
           "From: a@clinic.example\r\nFrom: b@other.example\r\n",
           "From: a@clinic.example\r\nFROM : b@other.example\r\n",
           "From: a@clinic.example\r\nFrom\xc2\xa0: b@other.example\r\n",
           "From: a@clinic.example\r\nFr\x01om: b@other.example\r\n",
           "From: a@clinic.example, b@other.example\r\n",
           "From: <a@clinic.example>, <b@other.example>\r\n",
           "From: <a@clinic.example> <b@other.example>\r\n",
           "From: b@other.example <a@clinic.example>\r\n",
           "From: Dr. b@other.example (B) <a@clinic.example>\r\n",
           "From: friends: a@clinic.example;\r\n",
           "From: undisclosed:;\r\n",
           "From: <@relay.example:a@clinic.example>\r\n",
           "From: a@clinic.example b@other.example\r\n",
           "From: <a@clinic.example> trailing\r\n",
           "From: a@clinic.example (unclosed\r\n",
           "From: \"unclosed <a@clinic.example>\r\n",
           "From: <a@clinic.example\r\n",
           "From: a@clinic.example>\r\n",
           "From: =?utf-8?q?a=40clinic.example?=\r\n",
           "From: Ann\r\n",
           "From:\r\n",
           "From: <>\r\n",
           "From: a@@clinic.example\r\n",
           "From: a@clinic..example\r\n",
           "From: a@clinic.example\x01\r\n",
           "not a field\r\nFrom: a@clinic.example\r\n",
       }) {
    BOOST_TEST(identity(section) == "refused", section);
  }
}

BOOST_AUTO_TEST_CASE(a_message_id_is_an_identifier_or_nothing) {
  const auto id = [](const std::string& field) { return mail::message_id(mail::HeaderView(field)); };
  BOOST_TEST(id("Message-ID: <a.b@c.example>\r\n") == "<a.b@c.example>");
  BOOST_TEST(id("Message-Id:\r\n <a@b>\r\n") == "<a@b>");
  BOOST_TEST(id("Message-ID: <a b@c>\r\n") == "");
  BOOST_TEST(id("Message-ID: a@b\r\n") == "");
  BOOST_TEST(id("Message-ID: <a@b> <c@d>\r\n") == "");
  BOOST_TEST(id("Message-ID: <" + std::string(300, 'x') + ">\r\n") == "");
}

BOOST_AUTO_TEST_CASE(the_shared_address_rows_are_stable_and_never_give_an_address_that_is_not_there) {
  const char* folder = std::getenv("POSTERN_SHARED");
  std::ifstream file(std::string(folder != nullptr ? folder : SOURCE_DIR "/../shared") +
                     "/cases/mime/header-address.jsonl");
  std::string line;
  BOOST_REQUIRE(std::getline(file, line));  // _meta
  unsigned rows = 0, accepted = 0;
  while (std::getline(file, line)) {
    ++rows;
    const boost::json::value row = boost::json::parse(line);
    const std::string raw(row.at("header").as_string());
    BOOST_REQUIRE(!raw.empty());
    const auto first = mail::parse_mailbox(raw), second = mail::parse_mailbox(raw);
    BOOST_TEST(first.has_value() == second.has_value());
    if (!first) continue;
    ++accepted;
    BOOST_TEST((line.find(first->domain().str()) != std::string::npos), line);
  }
  BOOST_TEST(rows == 60U);
  BOOST_TEST(accepted > 0U);
}

}  // namespace
