// DELIVER: what one destination's hosts are asked, and in which order.
#include "gateway/courier.hpp"

#include "tests/gateway/scene.hpp"

namespace {

using namespace postern;
using test::Scene;

/// Without 8BITMIME; it lives as long as its connection.
std::unique_ptr<test::FakeMx> seven_bit_host() {
  auto host = std::make_unique<test::FakeMx>();
  host->offer_eight_bit = false;
  return host;
}

mail::Outcome sent(Scene& scene, spool::MessageRecord message) {
  const auto stored = scene.spool->load(message.envelope.id).value();
  const auto& route = std::get<mail::TlsRelay>(stored.recipients.at(0).ladder.at(0));
  return test::run(gateway::deliver(scene.services(), message, stored.recipients, route)).at(0);
}

/// One recipient for each transaction. The first connection takes 8-bit mail, the others do not.
std::unique_ptr<test::FakeMx> one_of_several_behind_a_name(unsigned& connections) {
  auto host = std::make_unique<test::FakeMx>();
  host->limits = "MAILMAX=1 RCPTMAX=1";
  host->offer_eight_bit = ++connections == 1;
  return host;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_was_delivered_stays_so_where_the_rest_bounces_for_8_bit) {
  Scene scene;
  unsigned connections = 0;
  scene.config.eight_bit = gateway::EightBit::bounce;
  scene.dialer.connect = [&connections] { return one_of_several_behind_a_name(connections); };
  BOOST_REQUIRE(scene.send(test::message_of(1000) + "Gr\xc3\xbc\xc3\x9f"
                                                    "e\r\n",
                           {"bob@lab.example", "cyd@lab.example"}) == "250");
  const auto stored = scene.queue().at(0);
  const auto& route = std::get<mail::TlsRelay>(stored.recipients.at(0).ladder.at(0));
  const auto outcomes = test::run(gateway::deliver(scene.services(), stored.message, stored.recipients, route));
  BOOST_REQUIRE(outcomes.size() == 2U);
  BOOST_TEST(std::holds_alternative<mail::Delivered>(outcomes[0]));
  BOOST_TEST(std::holds_alternative<mail::Failed>(outcomes[1]));
}

BOOST_AUTO_TEST_CASE(a_record_that_does_not_say_whether_its_body_is_8_bit_has_it_read) {
  for (const bool eight_bit : {false, true}) {
    Scene scene;
    scene.config.eight_bit = gateway::EightBit::bounce;
    scene.dialer.connect = seven_bit_host;
    BOOST_REQUIRE(scene.send(eight_bit ? test::message_of(300'000) + "Gr\xc3\xbc\xc3\x9f"
                                                                     "e\r\n"
                                       : test::message_of(300'000)) == "250");
    spool::MessageRecord message = scene.queue().at(0).message;
    BOOST_TEST((message.eight_bit == eight_bit));
    for (const std::optional<bool> says : {std::optional<bool>(eight_bit), std::optional<bool>()}) {
      message.eight_bit = says;
      const mail::Outcome outcome = sent(scene, message);
      const auto* failed = std::get_if<mail::Failed>(&outcome);
      BOOST_TEST((failed != nullptr) == eight_bit);
      if (failed != nullptr) BOOST_TEST(failed->status.str() == "5.6.3");
    }
  }
}
