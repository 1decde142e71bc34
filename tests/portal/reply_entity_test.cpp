#include "portal/reply_entity.hpp"

#include <boost/test/unit_test.hpp>

#include "portal/message_view.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::portal;

struct Writing {
  test::SeededRandom random;
  std::string entity(std::string_view text, const std::vector<ReplyFile>& files) {
    return reply_entity(text, files, random);
  }
  /// As a reader of mail sees it.
  static std::string mail(const std::string& entity) { return "From: b@lab.example\r\n" + entity; }
};

BOOST_FIXTURE_TEST_SUITE(reply_entities, Writing)

BOOST_AUTO_TEST_CASE(words_alone_are_text) {
  const std::string made = entity("Grüße\n\n.\nFrom me", {});
  BOOST_TEST(made.starts_with("Content-Type: text/plain; charset=utf-8\r\n"));
  BOOST_TEST(read_message(mail(made)).text == "Grüße\n\n.\nFrom me");
}

BOOST_AUTO_TEST_CASE(files_come_back_octet_by_octet_under_their_names) {
  const std::string octets("\0\xff\r\n.\r\n--=_", 12);
  const std::string long_name = std::string(110, 'x') + ".pdf";
  const std::string mail =
      Writing::mail(entity("see", {{"Röntgen; \"1\".png", "image/png", octets}, {long_name, "application/pdf", ""}}));
  const MessageView view = read_message(mail);
  BOOST_TEST(view.text == "see");
  BOOST_REQUIRE(view.attachments.size() == 2U);
  BOOST_TEST(view.attachments[0].name == "Röntgen; _1_.png");
  BOOST_TEST(view.attachments[0].type == "image/png");
  BOOST_TEST(*part_content(mail, 0) == octets);
  BOOST_TEST(view.attachments[1].name == long_name);
  BOOST_TEST(part_content(mail, 1)->empty());
}

BOOST_AUTO_TEST_CASE(a_type_cannot_be_made_to_say_more) {
  for (const char* type : {"", "text", "text/html\r\nBcc: x@y", "text/html; charset=x", "message/rfc822",
                           "Multipart/mixed", "a/b/c", "\xC3\xA9/x"}) {
    const std::string made = entity("x", {{"a", type, "y"}});
    BOOST_TEST(made.find("Content-Type: application/octet-stream\r\n") != std::string::npos, type);
    BOOST_TEST(made.find("Bcc") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(no_line_is_longer_than_a_line_may_be) {
  std::string name;
  for (int i = 0; i < 110; ++i)
    name += "\xF0\x9F\x98\x80";
  const std::string made =
      entity(std::string(100'000, 'x'), {{name + ".pdf", "application/pdf", std::string(5000, 'y')}});
  std::size_t longest = 0;
  for (std::size_t at = 0, end = 0; (end = made.find("\r\n", at)) != std::string::npos; at = end + 2)
    longest = std::max(longest, end - at);
  BOOST_TEST(longest <= 998U);
  BOOST_TEST(read_message(mail(made)).attachments.front().name == "document.pdf");
}

BOOST_AUTO_TEST_CASE(a_subject_says_re_once) {
  BOOST_TEST(reply_subject("Results") == "Re: Results");
  BOOST_TEST(reply_subject("RE: Results") == "RE: Results");
  BOOST_TEST(reply_subject("") == "Re: ");
  BOOST_TEST(reply_subject("Regards") == "Re: Regards");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
