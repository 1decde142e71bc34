// What RFC 6376 and RFC 8463 say of themselves: their examples, octet by octet.
#include <boost/test/unit_test.hpp>

#include "base/base64.hpp"
#include "crypto/dkim.hpp"
#include "crypto/dkim_tags.hpp"
#include "tests/support/dkim_keys.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;

std::string canonical_body(std::string_view body, Canonical form) {
  std::string out;
  const CanonicalBody::Sink sink = [&](std::string_view octets) { out += octets; };
  CanonicalBody canonical(form);
  canonical.append(body, sink);
  canonical.finish(sink);
  return out;
}

std::string hash_of(std::string_view body, Canonical form) {
  DkimBodyHash hash(form);
  hash.update(body);
  return format_base64(hash.finish());
}

const std::string football =
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n"
    "Hi.\r\n"
    "\r\n";

const std::string rfc6376 =
    "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n"
    "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n"
    "      h=Received : From : To : Subject : Date : Message-ID;\r\n"
    "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"
    "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"
    "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"
    "      4bmp/YzhwvcubU4=;\r\n"
    "Received: from client1.football.example.com  [192.0.2.1]\r\n"
    "      by submitserver.example.com with SUBMISSION;\r\n"
    "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n" +
    football + "We lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n";

const std::string rfc8463 =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    " date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n" +
    football + "We lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";

const test::DkimTable keys = {
    {"brisbane._domainkey.example.com",
     "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYf"
     "cTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQ"
     "AB"},
    {"brisbane._domainkey.football.example.com", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="},
    {"test._domainkey.football.example.com",
     "v=DKIM1; k=rsa; "
     "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi"
     "0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w"
     "3QIDAQAB"}};

std::vector<std::string> results(const std::string& message) {
  std::vector<std::string> found;
  const mail::HeaderView headers(message);
  for (const mail::Field& field : headers.all("DKIM-Signature"))
    found.emplace_back(format_dkim_result(verify_dkim(message, field, test::find_in(keys), Time{}).result));
  return found;
}

const std::vector<std::string> one_pass = {"pass"}, two_pass = {"pass", "pass"};

BOOST_AUTO_TEST_CASE(rfc_6376_section_3_4_5_canonical_forms) {
  BOOST_TEST(canonical_field("A: X\r\n", Canonical::relaxed) == "a:X\r\n");
  BOOST_TEST(canonical_field("B : Y\t\r\n\tZ  \r\n", Canonical::relaxed) == "b:Y Z\r\n");
  BOOST_TEST(canonical_field("B : Y\t\r\n\tZ  \r\n", Canonical::simple) == "B : Y\t\r\n\tZ  \r\n");
  const std::string body = " C \r\nD \t E\r\n\r\n\r\n";
  BOOST_TEST(canonical_body(body, Canonical::relaxed) == " C\r\nD E\r\n");
  BOOST_TEST(canonical_body(body, Canonical::simple) == " C \r\nD \t E\r\n");
}

BOOST_AUTO_TEST_CASE(rfc_6376_sections_3_4_3_and_3_4_4_the_hashes_of_an_empty_body) {
  BOOST_TEST(hash_of("", Canonical::simple) == "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
  BOOST_TEST(hash_of("", Canonical::relaxed) == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

BOOST_AUTO_TEST_CASE(rfc_6376_appendix_a) {
  BOOST_TEST(results(rfc6376) == one_pass);
}

BOOST_AUTO_TEST_CASE(rfc_8463_appendix_a_ed25519_and_rsa_side_by_side) {
  BOOST_TEST(results(rfc8463) == two_pass);
}

/// RFC 8463 §A.2: the key, in PKCS#8.
BOOST_AUTO_TEST_CASE(rfc_8463_the_private_key_of_appendix_a_makes_its_record_and_its_signature) {
  const std::string seed = dkim_base64("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=").value();
  const DkimKey key =
      test::dkim_key("football.example.com", "brisbane",
                     PrivateKey(EVP_PKEY_new_raw_private_key(
                         EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(seed.data()), seed.size())));
  BOOST_TEST(key.record_name() == "brisbane._domainkey.football.example.com");
  BOOST_TEST(key.record() == keys.at(key.record_name()));

  const mail::Field field = mail::HeaderView(rfc8463).first("DKIM-Signature").value();
  const std::string signed_text =
      DkimHeaderText(rfc8463.substr(0, rfc8463.find("\r\n\r\n") + 2), field.at)
          .of({"from", "to", "subject", "date", "message-id", "from", "subject", "date"}, Canonical::relaxed) +
      unsigned_field(rfc8463.substr(field.at, field.size), Canonical::relaxed);
  BOOST_TEST(format_base64(key.sign(signed_text).value()) ==
             "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==");
}

BOOST_AUTO_TEST_CASE(one_octet_more_or_less_and_they_do_not_hold) {
  for (const std::string& message : {rfc6376, rfc8463}) {
    std::string changed = message;
    changed.replace(changed.find("hungry"), 6, "thirst");
    for (const std::string& result : results(changed))
      BOOST_TEST(result == "body-changed");
    changed = message;
    changed.replace(changed.find("dinner"), 6, "supper");
    for (const std::string& result : results(changed))
      BOOST_TEST(result == "header-changed");
  }
}

}  // namespace
