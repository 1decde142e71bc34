// What recipients and senders are told of what waits in the portal.
#include "gateway/pickup_mail.hpp"

#include <boost/test/unit_test.hpp>

#include "base/base64.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern;
using namespace postern::gateway;
using spool::PickupProof;

const std::string link = "https://secure.clinic.example/m/a/b";

Secret secret(std::string_view text) {
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

PickupMail mail_in(const std::string& language) {
  return {test::address("secure@clinic.example"),
          "Riverside Clinic",
          test::address("bob@lab.example"),
          language,
          "<1@gw.example>",
          Time(Duration(1'764'000'000'000))};
}

/// The text of both parts.
std::string text_of(const std::string& message) {
  std::string all;
  const std::string mark = "base64\r\n\r\n";
  for (std::size_t at = message.find(mark); at != message.npos; at = message.find(mark, at + 1)) {
    std::string body = message.substr(at + mark.size(), message.find("\r\n--", at) - at - mark.size());
    std::erase_if(body, [](char c) { return c == '\r' || c == '\n'; });
    all += *parse_base64(body);
  }
  return all;
}
bool says(const std::string& text, const std::string& word) {
  return text.find(word) != text.npos;
}

BOOST_AUTO_TEST_SUITE(pickup_mail)

BOOST_AUTO_TEST_CASE(a_notice_says_in_each_language_what_its_recipient_needs) {
  const mail::Address ann = test::address("ann@clinic.example");
  for (const auto& [language, code, passphrase] :
       {std::array{"en", "a code is sent", "passphrase that ann@clinic.example tells you"},
        std::array{"de", "ein Code", "Passphrase, die Ihnen ann@clinic.example nennt"},
        std::array{"fr", "un code", "phrase secrète que ann@clinic.example vous communique"},
        std::array{"es", "un código", "frase de acceso que le dice ann@clinic.example"}}) {
    BOOST_TEST_CONTEXT(language) {
      const auto notice = [&](PickupProof proof) {
        return text_of(format_pickup_notice(mail_in(language), ann, link, Time(), proof));
      };
      BOOST_TEST(says(notice(PickupProof::code), code));
      BOOST_TEST(!says(notice(PickupProof::code), passphrase));
      BOOST_TEST(says(notice(PickupProof::passphrase), passphrase));
      BOOST_TEST(!says(notice(PickupProof::passphrase), code));
      BOOST_TEST(says(notice(PickupProof::passphrase), link));
    }
  }
}

/// RFC 2387 §3.1, RFC 2392: beside the HTML that names it, so that no client lists it as an attachment.
BOOST_AUTO_TEST_CASE(a_logo_is_a_part_beside_the_html_that_names_it) {
  const mail::Address ann = test::address("ann@clinic.example");
  PickupMail mail = mail_in("en");
  const auto notice = [&] { return format_pickup_notice(mail, ann, link, Time(), PickupProof::code); };
  BOOST_TEST(!says(notice(), "image/png"));
  BOOST_TEST(!says(text_of(notice()), "<img"));
  mail.logo = "\x89PNG\r\n\x1a\nlogo";
  mail.name = "A & \"B\"";
  for (const std::string& message : {notice(), format_pickup_code(mail, "123456")}) {
    const std::size_t related = message.find("Content-Type: multipart/related; type=\"text/html\""),
                      html = message.find("Content-Type: text/html"),
                      png = message.find("Content-ID: <logo.1@gw.example>\r\nContent-Disposition: inline");
    BOOST_TEST((related < html && html < png && png != message.npos));
    BOOST_TEST(says(text_of(message), "<img src=\"cid:logo.1@gw.example\" alt=\"A &amp; &quot;B&quot;\""));
    BOOST_TEST(says(text_of(message), mail.logo));
  }
}

BOOST_AUTO_TEST_CASE(the_sender_gets_the_words_and_for_whom_they_are_and_no_link) {
  for (const char* language : {"en", "de", "fr", "es"}) {
    BOOST_TEST_CONTEXT(language) {
      const std::string message = format_passphrase_mail(
          mail_in(language), "<results@clinic.example>",
          {test::address("bob@lab.example"), test::address("eve@lab.example")}, secret("a b c d"));
      BOOST_TEST(
          says(message, "\r\nIn-Reply-To: <results@clinic.example>\r\nReferences: <results@clinic.example>\r\n"));
      BOOST_TEST(says(message, "\r\nAuto-Submitted: auto-generated\r\n"));
      BOOST_TEST(!says(message.substr(0, message.find("\r\n\r\n")), "a b c d"));
      const std::string text = text_of(message);
      BOOST_TEST(says(text, "    a b c d\r\n"));
      BOOST_TEST(says(text, ">a b c d</p>"));
      BOOST_TEST(says(text, "bob@lab.example, eve@lab.example"));
      for (const char* no : {"/m/", "https:", "{"})
        BOOST_TEST(!says(text, no), no);
    }
  }
  BOOST_TEST(!says(format_passphrase_mail(mail_in("en"), "", {test::address("bob@lab.example")}, secret("a b c d")),
                   "In-Reply-To"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
