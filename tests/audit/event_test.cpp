#include "audit/event.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "base/random.hpp"

namespace postern::audit {
namespace {

Event full_event() {
  SystemRandom random;
  Event e;
  e.kind = EventKind::delivered;
  e.at = Time(Duration(1'764'092'181'123));
  e.queue_id = QueueId::make(e.at, random);
  e.message_id = "<m1@clinic.example>";
  e.tenant = "clinic";
  e.listener = "m365";
  e.client_address = "192.0.2.1:2525";
  e.sender = "a@clinic.example";
  e.recipient = "B@lab.example";
  e.action = "protect";
  e.rules = {"phi", "vip"};
  e.policy_hash = "abc";
  e.route = "verified TLS to the recipient's server";
  e.host = "mx1.lab.example";
  e.host_address = "192.0.2.9:25";
  e.tls.version = mail::TlsVersion::tls1_3;
  e.tls.cipher = "TLS_AES_256_GCM_SHA384";
  e.tls.group = "X25519";
  e.tls.chain_valid = true;
  e.tls.names = {"mx1.lab.example", "mx.lab.example"};
  e.reply_code = 250;
  e.status = "2.0.0";
  e.reason = "accepted";
  e.size = 10'240;
  e.attempt = 2;
  e.origin = "network,from";
  e.tlsa = "3 1 1 ab";
  e.required = "dane";
  e.evidence = {"MX lab.example: 10 mx1.lab.example (secure, 300 s, 127.0.0.1:53)"};
  return e;
}

boost::json::object parsed(const Event& event, const JsonOptions& options = {}) {
  return boost::json::parse(format_json(event, 7, options)).as_object();
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_event_survives_encoding) {
  const Event event = full_event();
  const auto again = decode_event(encode_event(event));
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(encode_event(*again) == encode_event(event));
  BOOST_TEST(format_json(*again, 7) == format_json(event, 7));
  BOOST_TEST(encode_event(*decode_event(encode_event(Event{}))) == encode_event(Event{}));
}

// The outbox of the version before lies on disk when this one starts.
BOOST_AUTO_TEST_CASE(an_event_of_version_1_is_still_read) {
  Event old = full_event();
  old.tlsa.clear();
  old.required.clear();
  old.evidence.clear();
  std::string bytes = encode_event(old);
  bytes[0] = 1;
  bytes.resize(bytes.size() - 3);  // tlsa, required and the count of evidence
  const auto again = decode_event(bytes);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(format_json(*again, 7) == format_json(old, 7));
}

BOOST_AUTO_TEST_CASE(an_event_cut_anywhere_is_an_error) {
  const std::string bytes = encode_event(full_event());
  for (std::size_t n = 0; n < bytes.size(); ++n)
    BOOST_TEST(!decode_event(bytes.substr(0, n)).has_value());
  BOOST_TEST(!decode_event(bytes + "x").has_value());
  BOOST_TEST((decode_event("\x09" + bytes.substr(1)).error().code == Errc::too_new));
}

BOOST_AUTO_TEST_CASE(a_delivery_in_the_clear_says_so_and_nothing_else_does) {
  Event event = full_event();
  BOOST_TEST(!parsed(event).contains("cleartext"));
  event.tls = {};
  BOOST_TEST(parsed(event).at("cleartext").as_bool());
  event.kind = EventKind::deferred;
  BOOST_TEST(!parsed(event).contains("cleartext"));
}

BOOST_AUTO_TEST_CASE(the_fields_stand_in_the_documented_order) {
  std::string names;
  for (const auto& field : parsed(full_event()))
    names += std::string(field.key()) + " ";
  BOOST_TEST(names ==
             "id time event queue_id message_id tenant listener client sender recipient action rules policy route "
             "host host_address tls reply_code status reason size attempt origin required evidence ");
  BOOST_TEST(boost::json::serialize(parsed(full_event()).at("tls")) ==
             R"({"version":"1.3","cipher":"TLS_AES_256_GCM_SHA384","group":"X25519","peer":"mx1.lab.example",)"
             R"("verified":true,"tlsa":"3 1 1 ab"})");
  BOOST_TEST(parsed(full_event()).at("id").to_number<int>() == 7);
}

BOOST_AUTO_TEST_CASE(empty_fields_are_left_out) {
  BOOST_TEST(format_json(Event{}, 1) == R"({"id":1,"time":"1970-01-01T00:00:00.000Z","event":"accepted"})");
}

BOOST_AUTO_TEST_CASE(addresses_take_the_form_of_the_sink) {
  JsonOptions options;
  options.addresses = AddressForm::domain;
  BOOST_TEST(parsed(full_event(), options).at("recipient").as_string() == "*@lab.example");
  BOOST_TEST(parsed(full_event(), options).at("message_id").as_string() == "*@clinic.example>");

  options.addresses = AddressForm::hmac;
  options.hmac_key = "k";
  const std::string line = format_json(full_event(), 7, options);
  BOOST_TEST(line.find("B@") == std::string::npos);
  BOOST_TEST(line.find("a@clinic") == std::string::npos);
  Event other = full_event();
  other.recipient = "b@LAB.example";
  BOOST_TEST(parsed(other, options).at("recipient") == parsed(full_event(), options).at("recipient"));
  const auto hash = parsed(other, options).at("recipient");
  options.hmac_key = "another";
  BOOST_TEST(parsed(other, options).at("recipient") != hash);
}

BOOST_AUTO_TEST_CASE(a_line_is_one_line_of_plain_json_whatever_a_field_holds) {
  Event event = full_event();
  event.reason = "a\"b\\c\r\nd\x1b[2J\xff";
  const std::string line = format_json(event, 1);
  for (const char c : line)
    BOOST_TEST((c >= ' ' && c <= '~'));
  BOOST_TEST(boost::json::parse(line).at("reason").as_string() == "a\"b\\c??d?[2J?");
}

BOOST_AUTO_TEST_CASE(every_kind_has_a_name_of_its_own) {
  std::string seen = " ";
  for (int i = 0; i <= static_cast<int>(EventKind::extended); ++i) {
    const std::string name = " " + std::string(format_event_kind(static_cast<EventKind>(i))) + " ";
    BOOST_TEST(name.size() > 2U);
    BOOST_TEST(seen.find(name) == std::string::npos);
    seen += name;
  }
}

}  // namespace postern::audit
