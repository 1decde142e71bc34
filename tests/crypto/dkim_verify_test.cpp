// Verifying: the rules of signatures and records that our own do not need, and what becomes of broken signatures.
#include "crypto/dkim_verify.hpp"

#include <boost/test/unit_test.hpp>

#include "base/base64.hpp"
#include "crypto/dkim.hpp"
#include "tests/support/dkim_keys.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;

const Time now{std::chrono::seconds(1'764'228'981)};
const std::string section = "From: Ann <ann@clinic.example>\r\nSubject:  two  blanks \r\n\r\n";
const std::string body = "Hello  Bob \r\n";

const DkimKey& key() {
  static const DkimKey one = test::dkim_key("clinic.example", "e1", test::ed25519_key());
  return one;
}

struct Asked {
  std::string c = "simple/simple", d = "clinic.example", h = "From:Subject", more = {};
  std::optional<std::uint64_t> length = {};
};

/// A signature as somebody else would make it: of any form, and with any tags.
std::string made_by_hand(const Asked& asked, const std::string& text = body) {
  const auto form = [](std::string_view word) { return word == "relaxed" ? Canonical::relaxed : Canonical::simple; };
  const std::size_t slash = std::min(asked.c.find('/'), asked.c.size());
  const Canonical header_form = form(asked.c.substr(0, slash));
  const Canonical body_form = slash < asked.c.size() ? form(asked.c.substr(slash + 1)) : Canonical::simple;
  DkimBodyHash hash(body_form, asked.length);
  hash.update(text);
  const std::string field = "DKIM-Signature: v=1; a=ed25519-sha256; c=" + asked.c + ";\r\n  d=" + asked.d +
                            "; s=e1; h=" + asked.h + "; " + asked.more + "bh=" + format_base64(hash.finish()) + "; b=";
  std::vector<std::string> names;
  for (std::string_view rest = asked.h; !rest.empty();) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const std::string signed_text = DkimHeaderText(section).of(names, header_form) + unsigned_field(field, header_form);
  return field + format_base64(key().sign(signed_text).value()) + "\r\n";
}

DkimCheck check(const std::string& message, test::DkimTable table = test::published({key()}), Time at = now) {
  const mail::HeaderView headers(message);
  return verify_dkim(message, headers.first("DKIM-Signature").value(), test::find_in(std::move(table)), at);
}
std::string result(const std::string& message, test::DkimTable table = test::published({key()}), Time at = now) {
  return std::string(format_dkim_result(check(message, std::move(table), at).result));
}
test::DkimTable with_record(const std::string& text) {
  return {{key().record_name(), text}};
}
const std::string p = key().record().substr(key().record().find("p="));

BOOST_AUTO_TEST_CASE(all_four_forms) {
  for (const char* c : {"simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed", "simple", "relaxed"}) {
    const std::string field = made_by_hand({.c = c});
    BOOST_TEST(result(field + section + body) == "pass", c);
    const bool relaxed_header = std::string_view(c).starts_with("relaxed"),
               relaxed_body = std::string_view(c).ends_with("/relaxed");
    std::string other = section;
    other.replace(other.find(":  two  blanks "), 15, ": two blanks");
    BOOST_TEST(result(field + other + body) == (relaxed_header ? "pass" : "header-changed"), c);
    BOOST_TEST(result(field + section + "Hello Bob\r\n") == (relaxed_body ? "pass" : "body-changed"), c);
    BOOST_TEST(result(field + section + body + "\r\n\r\n") == "pass", c);
  }
}

BOOST_AUTO_TEST_CASE(l_covers_so_many_octets_and_says_so) {  // RFC 6376 §3.5, §8.2
  const std::string field = made_by_hand({.more = "l=5; ", .length = 5});
  BOOST_TEST(result(field + section + body) == "pass");
  BOOST_TEST(!check(field + section + body).covers_all);
  BOOST_TEST(check(made_by_hand({}) + section + body).covers_all);
  BOOST_TEST(result(field + section + "Hello, Eve\r\n") == "pass");
  BOOST_TEST(result(made_by_hand({.more = "l=500; "}) + section + body) == "body-changed");
  BOOST_TEST(result(made_by_hand({.more = "l=-1; "}) + section + body) == "malformed");
}

BOOST_AUTO_TEST_CASE(x_ends_it) {
  const std::string field = made_by_hand({.more = "t=1764228000; x=1764229000; "});
  BOOST_TEST(result(field + section + body) == "pass");
  BOOST_TEST(result(field + section + body, test::published({key()}), now + std::chrono::seconds(20)) == "expired");
  BOOST_TEST(result(made_by_hand({.more = "t=5; x=5; "}) + section + body) == "malformed");
}

BOOST_AUTO_TEST_CASE(h_must_cover_From_and_may_name_what_is_not_there) {
  BOOST_TEST(result(made_by_hand({.h = "Subject"}) + section + body) == "malformed");
  BOOST_TEST(result(made_by_hand({.h = "From:Subject:Subject:X-No"}) + section + body) == "pass");
  BOOST_TEST(result("X-No: 1\r\n" + made_by_hand({.h = "From:Subject:Subject:X-No"}) + section + body) ==
             "header-changed");
}

BOOST_AUTO_TEST_CASE(i_is_of_the_domain_or_below_it) {
  for (const char* i : {"i=@clinic.example; ", "i=ann@clinic.example; ", "i=x@a.clinic.example; "})
    BOOST_TEST(result(made_by_hand({.more = i}) + section + body) == "pass", i);
  for (const char* i : {"i=@example; ", "i=@xclinic.example; ", "i=clinic.example; ", "i=; "})
    BOOST_TEST(result(made_by_hand({.more = i}) + section + body) == "malformed", i);
  const std::string below = made_by_hand({.more = "i=x@a.clinic.example; "}) + section + body;
  BOOST_TEST(result(below, with_record("v=DKIM1; k=ed25519; t=s; " + p)) == "no-key");
  BOOST_TEST(result(made_by_hand({}) + section + body, with_record("v=DKIM1; k=ed25519; t=y:s; " + p)) == "pass");
}

BOOST_AUTO_TEST_CASE(records_say_what_a_key_is_for) {
  const std::string message = made_by_hand({}) + section + body;
  for (const std::string& good : {"k=ed25519; " + p, "v=DKIM1; h=sha1:sha256; k=ed25519; s=email; n=\xc3\xa4; " + p,
                                  "v=DKIM1; k=ed25519; x=unknown; " + p + ";"})
    BOOST_TEST(result(message, with_record(good)) == "pass", good);
  for (const std::string& bad : std::vector<std::string>{
           "v=DKIM2; k=ed25519; " + p, "k=ed25519; v=DKIM1; " + p, "v=DKIM1; k=rsa; " + p, "v=DKIM1; " + p,
           "v=DKIM1; k=ed448; " + p, "v=DKIM1; k=ed25519; h=sha1; " + p, "v=DKIM1; k=ed25519; s=tlsrpt; " + p,
           "v=DKIM1; k=ed25519; p=", "v=DKIM1; k=ed25519", "v=DKIM1; k=ed25519; p=AAAA", "v=DKIM1; k=ed25519; p=!",
           "v=DKIM1; k=ed25519; " + p + "; " + p, "v=spf1 -all", ""})
    BOOST_TEST(result(message, with_record(bad)) == "no-key", bad);
  BOOST_TEST(result(message, {}) == "no-key");
  const DkimKey other = test::dkim_key("clinic.example", "e1", test::ed25519_key());
  BOOST_TEST(result(message, test::published({other})) == "header-changed");
}

BOOST_AUTO_TEST_CASE(short_keys_and_sha_1_are_not_believed) {  // RFC 8301
  const std::string message = made_by_hand({}) + section + body;
  std::string sha1 = message;
  sha1.replace(sha1.find("ed25519-sha256"), 14, "rsa-sha1");
  BOOST_TEST(result(sha1) == "not-believed");
  // DkimKey makes no such record: by OpenSSL.
  const PrivateKey tiny = test::rsa_key(768);
  std::string der(static_cast<std::size_t>(i2d_PUBKEY(tiny.get(), nullptr)), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  BOOST_REQUIRE(i2d_PUBKEY(tiny.get(), &out) > 0);
  std::string rsa = message;
  rsa.replace(rsa.find("ed25519-sha256"), 14, "rsa-sha256");
  BOOST_TEST(result(rsa, with_record("v=DKIM1; p=" + format_base64(der))) == "not-believed");
}

BOOST_AUTO_TEST_CASE(what_is_malformed_is_not_guessed_at) {
  const std::string good = made_by_hand({.c = "relaxed/relaxed"});
  for (const auto& [old, other] :
       std::vector<std::pair<std::string, std::string>>{{"v=1", "v=2"},
                                                        {"v=1; ", ""},
                                                        {"v=1", "v=1; v=1"},
                                                        {"s=e1", "s="},
                                                        {"s=e1", "s=a b"},
                                                        {"d=clinic.example", "d="},
                                                        {"c=relaxed/relaxed", "c=loose"},
                                                        {"c=relaxed/relaxed", "c=relaxed/relaxed/relaxed"},
                                                        {"bh=", "bh=!"},
                                                        {"h=From:Subject", "h="},
                                                        {"v=1", "nothing"},
                                                        {"v=1", "1v=1"},
                                                        {"v=1", "v=1;;"}}) {
    std::string message = good + section + body;
    message.replace(message.find(old), old.size(), other);
    BOOST_TEST(result(message) == "malformed", other);
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_looked_up_decides_nothing) {
  const std::string message = made_by_hand({}) + section + body;
  const FindDkimKey broken = [](const std::string&) { return fail(Errc::unavailable, "no answer"); };
  const mail::Field field = mail::HeaderView(message).fields()[0];
  BOOST_TEST((verify_dkim(message, field, broken, now).result == DkimResult::key_not_available));
  // A changed body shows without a key.
  const std::string changed = message + "x";
  BOOST_TEST((verify_dkim(changed, field, broken, now).result == DkimResult::body_changed));
}

BOOST_AUTO_TEST_CASE(the_tenant_s_broken_signatures_go_and_no_others) {
  const std::string whole = made_by_hand({}), broken = made_by_hand({}, "another body\r\n"),
                    foreign = made_by_hand({.d = "other.example"}, "another body\r\n"),
                    unreadable = "DKIM-Signature: v=1; nothing\r\n";
  const std::string message = whole + broken + "X-Between: 1\r\n" + foreign + broken + unreadable + section + body;
  const auto ours = [](const mail::Domain& domain) { return domain.str() == "clinic.example"; };
  BOOST_TEST(without_broken_signatures(message, ours, test::find_in(test::published({key()})), now) ==
             whole + "X-Between: 1\r\n" + foreign + unreadable + section);
  // With no key at hand what cannot be decided stays.
  BOOST_TEST(without_broken_signatures(message, ours, test::find_in({}), now) ==
             whole + "X-Between: 1\r\n" + foreign + unreadable + section);
  const auto nobody = [](const mail::Domain&) { return false; };
  BOOST_TEST(without_broken_signatures(message, nobody, test::find_in({}), now) + body == message);
}

}  // namespace
