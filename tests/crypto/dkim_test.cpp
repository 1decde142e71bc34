// Signing: what our field says, what it covers, and that nothing else passes for it.
#include "crypto/dkim.hpp"

#include <boost/test/unit_test.hpp>

#include "crypto/dkim_fields.hpp"
#include "tests/support/dkim_keys.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;

const Time accepted{std::chrono::milliseconds(1'764'228'981'750)};
const std::string section =
    "From: Ann <ann@clinic.example>\r\nTo: bob@lab.example\r\nSubject: A  long\r\n\tsubject \r\n"
    "Date: Wed, 25 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@clinic.example>\r\nX-Other: 1\r\n\r\n";
const std::string body = "Hello  Bob\t \r\n\r\nAnn\r\n\r\n\r\n";

std::vector<DkimKey> both_keys() {
  static const std::vector<DkimKey> keys = {test::dkim_key("clinic.example", "r1", test::rsa_2048()),
                                            test::dkim_key("clinic.example", "e1", test::ed25519_key())};
  return keys;
}

std::string hash_of(std::string_view text) {
  DkimBodyHash hash;
  hash.update(text);
  return hash.finish();
}

std::string signed_fields(const std::string& header = section, const std::string& text = body) {
  return sign_dkim(header, hash_of(text), both_keys(), accepted).value();
}

std::vector<std::string> results(const std::string& message) {
  std::vector<std::string> found;
  const mail::HeaderView headers(message);
  for (const mail::Field& field : headers.all("DKIM-Signature"))
    found.emplace_back(
        format_dkim_result(verify_dkim(message, field, test::find_in(test::published(both_keys())), accepted).result));
  return found;
}
const std::vector<std::string> passes = {"pass", "pass"}, other_header = {"header-changed", "header-changed"},
                               other_body = {"body-changed", "body-changed"};

BOOST_AUTO_TEST_CASE(rsa_and_ed25519_side_by_side) {
  BOOST_TEST(results(signed_fields() + section + body) == passes);
}

BOOST_AUTO_TEST_CASE(the_field_says_what_it_should_and_no_more) {
  const std::string fields = signed_fields();
  const mail::HeaderView headers(fields);
  BOOST_REQUIRE(headers.fields().size() == 2U);
  const auto rsa = parse_dkim_signature(headers.fields()[0].raw).value();
  BOOST_TEST((rsa.algorithm == DkimAlgorithm::rsa_sha256));
  BOOST_TEST((rsa.header_form == Canonical::relaxed && rsa.body_form == Canonical::relaxed));
  BOOST_TEST(rsa.domain.str() == "clinic.example");
  BOOST_TEST(rsa.selector == "r1");
  BOOST_TEST(rsa.made.value() == 1'764'228'981U);
  BOOST_TEST(!rsa.expires);
  BOOST_TEST(!rsa.body_length);
  BOOST_TEST(rsa.signature.size() == 256U);
  BOOST_TEST(fields.find("i=") == std::string::npos);
  BOOST_TEST((parse_dkim_signature(headers.fields()[1].raw).value().algorithm == DkimAlgorithm::ed25519_sha256));
}

BOOST_AUTO_TEST_CASE(it_is_folded_at_78_and_nowhere_else_than_folds_may_be) {
  std::string many = section;
  for (int i = 0; i < 60; ++i)
    many.insert(0, "Resent-Message-ID: <1@clinic.example>\r\n");
  const std::string fields = signed_fields(many);
  for (std::size_t at = 0; at < fields.size();) {
    const std::size_t end = fields.find("\r\n", at);
    BOOST_REQUIRE(end != std::string::npos);
    BOOST_TEST(end - at <= 78U, fields.substr(at, end - at));
    BOOST_TEST(fields.substr(at, end - at).find_first_not_of(" \t") != std::string::npos);
    at = end + 2;
  }
  BOOST_TEST(results(fields + many + body) == passes);
}

BOOST_AUTO_TEST_CASE(the_same_message_gets_the_same_octets) {
  BOOST_TEST(signed_fields() == signed_fields());
}

BOOST_AUTO_TEST_CASE(what_relays_do_on_the_way_changes_nothing) {
  const std::string fields = signed_fields();
  std::string received =
      "Received: from a by b; Wed, 25 Nov 2026 12:00:00 +0000\r\nX-Spam: no\r\nSender: list@x.example\r\n";
  BOOST_TEST(results(received + fields + section + body) == passes);
  std::string refolded = section;
  refolded.replace(refolded.find("A  long\r\n\tsubject "), 18, "A long subject");
  BOOST_TEST(results(fields + refolded + "Hello Bob\r\n\r\nAnn\r\n") == passes);
}

BOOST_AUTO_TEST_CASE(what_nobody_may_do_breaks_it) {
  const std::string fields = signed_fields();
  for (const char* added :
       {"From: eve@x.example\r\n", "To: eve@x.example\r\n", "Cc: x@x.example\r\n", "Subject: other\r\n",
        "Reply-To: eve@x.example\r\n", "Content-Type: text/html\r\n", "MIME-Version: 1.0\r\n",
        "Content-Transfer-Encoding: base64\r\n", "In-Reply-To: <2@x>\r\n", "References: <2@x>\r\n",
        "Date: Thu, 26 Nov 2026 12:00:00 +0000\r\n", "Message-ID: <2@x>\r\n", "Content-Disposition: attachment\r\n"}) {
    BOOST_TEST(results(added + fields + section + body) == other_header, added);
    BOOST_TEST(results(fields + added + section + body) == other_header, added);
  }
  for (const std::size_t at : {section.find("Ann"), section.find("subject"), section.find("2026")}) {
    std::string changed = section;
    changed[at] = 'x';
    BOOST_TEST(results(fields + changed + body) == other_header);
  }
  BOOST_TEST(results(fields + section + body + "more\r\n") == other_body);
  BOOST_TEST(results(fields + section) == other_body);
}

BOOST_AUTO_TEST_CASE(each_octet_of_the_field_itself_counts_but_for_folds) {
  const std::string fields = signed_fields();
  const mail::Field first = mail::HeaderView(fields).fields()[0];
  for (std::size_t at = first.size - 3; at > 20; at -= 7) {
    std::string changed = fields;
    if (std::string_view("\r\n\t :;").find(changed[at]) != std::string_view::npos) continue;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    BOOST_TEST(results(changed + section + body).front() != "pass", changed);
  }
}

BOOST_AUTO_TEST_CASE(fields_that_are_there_twice_are_all_covered) {
  const std::string twice =
      "Subject: first\r\nList-Unsubscribe: <https://x.example>\r\nSender: a@clinic.example\r\n" + section;
  const std::string fields = signed_fields(twice);
  BOOST_TEST(results(fields + twice + body) == passes);
  std::string changed = twice;
  changed[changed.find("first")] = 'x';
  BOOST_TEST(results(fields + changed + body) == other_header);
  BOOST_TEST(results("List-Unsubscribe: <https://eve.example>\r\n" + fields + twice + body) == other_header);
  BOOST_TEST(results("Sender: list@x.example\r\n" + fields + twice + body) == passes);
  changed = twice;
  changed.replace(changed.find("Sender: a"), 9, "Sender: b");
  BOOST_TEST(results(fields + changed + body) == other_header);
}

BOOST_AUTO_TEST_CASE(odd_headers_and_bodies_are_signed_as_they_are) {
  const std::string odd =
      "X-Blanks   : x\r\nfROM \t:  =?utf-8?q?=C3=A4?=\r\n\t<ann@clinic.example>\r\nSubject: \xe4\xff\r\nTo:\r\n\r\n";
  for (const char* text : {"", "\r\n", " \r\n\t\r\n", "no end", "\xe4\xff\x80 \r\n"})
    BOOST_TEST(results(signed_fields(odd, text) + odd + text) == passes);
  const std::string no_blank_line = section.substr(0, section.size() - 2);
  BOOST_TEST(results(signed_fields(no_blank_line, "") + no_blank_line) == passes);
}

BOOST_AUTO_TEST_CASE(a_header_that_no_signature_can_list_is_not_signed) {
  std::string many = section;
  for (int i = 0; i < 300; ++i)
    many.insert(0, "To: x\r\n");
  const auto fields = sign_dkim(many, hash_of(body), both_keys(), accepted);
  BOOST_REQUIRE(!fields.has_value());
  BOOST_TEST((fields.error().code == Errc::limit));
}

BOOST_AUTO_TEST_CASE(keys_that_must_not_sign_are_refused_and_say_why) {
  const auto why = [](PrivateKey key, const char* selector = "p1") {
    const auto made = DkimKey::make(mail::Domain::parse("clinic.example").value(), selector, std::move(key));
    return made ? "" : made.error().text;
  };
  BOOST_TEST(why(test::rsa_2048()) == "");
  BOOST_TEST(why(test::ed25519_key()) == "");
  BOOST_TEST(why(test::rsa_key(1024)).find("1024") != std::string::npos);
  BOOST_TEST(why(test::p256_key()).find("p256") != std::string::npos);
  for (const char* selector : {"", "a b", "a..b", ".a", "-a", "a-", "a;b", "a/b", "\xe4"})
    BOOST_TEST(why(test::ed25519_key(), selector) != "", selector);
  for (const char* selector : {"p1", "2026-11.p1", "_x"})
    BOOST_TEST(why(test::ed25519_key(), selector) == "", selector);
}

BOOST_AUTO_TEST_CASE(a_record_is_read_as_it_was_written) {
  for (const DkimKey& key : both_keys()) {
    const auto record = parse_dkim_record(key.record());
    BOOST_REQUIRE(record.has_value());
    BOOST_TEST((record->algorithm == key.algorithm()));
    BOOST_TEST(dkim_signature_holds(*record, "text", key.sign("text").value()));
    BOOST_TEST(!dkim_signature_holds(*record, "other", key.sign("text").value()));
  }
}

}  // namespace
