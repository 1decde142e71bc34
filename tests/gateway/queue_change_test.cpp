// What an operator's command makes of a recipient, and of which.
#include "gateway/queue_change.hpp"

#include <boost/test/unit_test.hpp>

#include "gateway/queue_filter.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;
using gateway::NoChange;
using gateway::QueueAction;

const Time noon{std::chrono::hours(500'000)};
const mail::Hop mx = mail::FinalMx{};
const mail::Relay relay{"relay.example", 2525, false};

struct Desk {
  gateway::Config config;
  mail::Envelope envelope;
  spool::RecipientRecord recipient;

  Desk() {
    envelope.origin.tenant = "clinic";
    gateway::TenantConfig clinic;
    clinic.tenant.name = "clinic";
    config.tenants = {clinic};
    recipient.address = *mail::Address::parse("bob@lab.example");
    recipient.state = spool::Queued{noon + 1h};
    recipient.rung_attempts = 3;
    recipient.incapable_since = noon - 1h;
    with(mail::Action::deliver, mail::TlsLevel::verified);
  }
  void with(mail::Action action, mail::TlsLevel floor) {
    recipient.verdict.action = action;
    recipient.ladder = {mail::TlsRelay{mx, mail::TlsRequirement::at(floor)}, mail::Hold{mail::HoldReason::no_rung}};
  }
  void hold(mail::HoldReason reason) { recipient.state = spool::Held{reason, {}, noon + 1h, false}; }

  std::variant<gateway::QueueChange, NoChange> after(QueueAction action, const mail::Hop& to = mx) const {
    return gateway::queue_change({config, nullptr}, action, to, envelope, recipient, noon);
  }
  spool::RecipientRecord next(QueueAction action, const mail::Hop& to = mx) const {
    return std::get<gateway::QueueChange>(after(action, to)).change.next.value();
  }
  bool refused(QueueAction action, NoChange why, const mail::Hop& to = mx) const {
    const auto decided = after(action, to);
    return std::holds_alternative<NoChange>(decided) && std::get<NoChange>(decided) == why;
  }
};

const mail::TlsRelay& route_of(const spool::RecipientRecord& record) {
  return std::get<mail::TlsRelay>(record.ladder.at(record.rung));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(queue_change, Desk)

BOOST_AUTO_TEST_CASE(what_is_released_or_rerouted_still_asks_for_requiretls) {
  envelope.parameters.requiretls = true;
  recipient.verdict.methods = mail::MethodSet::all();
  recipient.verdict.action = mail::Action::quarantine;
  recipient.ladder = {mail::Hold{mail::HoldReason::quarantine}};
  hold(mail::HoldReason::quarantine);
  recipient = next(QueueAction::release);
  BOOST_TEST(route_of(recipient).floor.requiretls);
  BOOST_TEST(std::holds_alternative<mail::Refuse>(recipient.ladder.back()));
  recipient.verdict.action = mail::Action::deliver;
  BOOST_TEST(route_of(next(QueueAction::reroute, relay)).floor.requiretls);
}

BOOST_AUTO_TEST_CASE(what_is_queued_is_held_by_the_operator_and_goes_on_where_it_stood) {
  const auto held = next(QueueAction::hold);
  BOOST_TEST((std::get<spool::Held>(held.state).reason == mail::HoldReason::operator_));
  BOOST_TEST((std::get<spool::Held>(held.state).expires == noon + config.hold_expire));
  recipient = held;
  BOOST_TEST(refused(QueueAction::hold, NoChange::does_not_apply));
  BOOST_TEST(refused(QueueAction::retry, NoChange::does_not_apply));
  const auto released = next(QueueAction::release);
  BOOST_TEST((std::get<spool::Queued>(released.state).due == noon));
  BOOST_TEST((released.ladder == held.ladder));
  BOOST_TEST((released.verdict.action == mail::Action::deliver));
}

BOOST_AUTO_TEST_CASE(what_policy_held_is_released_by_the_ladder_again_and_protected) {
  hold(mail::HoldReason::quarantine);
  recipient.delay_told = true;
  const auto released = next(QueueAction::release);
  BOOST_TEST((released.verdict.action == mail::Action::protect));
  BOOST_TEST((route_of(released).floor.level >= mail::TlsLevel::encrypted));
  BOOST_TEST(released.delay_told);
}

BOOST_AUTO_TEST_CASE(a_reroute_changes_the_hop_and_not_what_it_must_prove) {
  for (const auto level : {mail::TlsLevel::opportunistic, mail::TlsLevel::verified, mail::TlsLevel::secure}) {
    with(mail::Action::deliver, level);
    const auto rerouted = next(QueueAction::reroute, relay);
    BOOST_TEST((route_of(rerouted).hop == mail::Hop(relay)));
    BOOST_TEST((route_of(rerouted).floor == mail::TlsRequirement::at(level)));
    BOOST_TEST((std::get<spool::Queued>(rerouted.state).due == noon));
    BOOST_TEST(rerouted.rung_attempts == 0U);  // the other hosts' failures were not these hosts'
    BOOST_TEST(!rerouted.incapable_since);
  }
  BOOST_TEST(refused(QueueAction::reroute, NoChange::does_not_apply, mx));  // there it goes already
}

BOOST_AUTO_TEST_CASE(protected_mail_takes_a_relay_only_where_the_tenant_s_route_attests_it) {
  with(mail::Action::protect, mail::TlsLevel::verified);
  mail::Relay claimed = relay;
  claimed.onward_enforced = true;  // whoever says so on the command line
  BOOST_TEST(refused(QueueAction::reroute, NoChange::denied, relay));
  BOOST_TEST(refused(QueueAction::reroute, NoChange::denied, claimed));
  config.tenants[0].route = mail::Relay{relay.host, 25, true};  // another port, another server
  BOOST_TEST(refused(QueueAction::reroute, NoChange::denied, relay));
  config.tenants[0].route = claimed;
  BOOST_TEST((route_of(next(QueueAction::reroute, relay)).hop == mail::Hop(claimed)));
}

BOOST_AUTO_TEST_CASE(what_the_operator_holds_stays_held_when_it_is_rerouted_and_what_policy_holds_is_left_alone) {
  hold(mail::HoldReason::operator_);
  const auto rerouted = next(QueueAction::reroute, relay);
  BOOST_TEST(std::holds_alternative<spool::Held>(rerouted.state));
  recipient = rerouted;
  BOOST_TEST((route_of(next(QueueAction::release)).hop == mail::Hop(relay)));
  for (const auto reason : {mail::HoldReason::quarantine, mail::HoldReason::no_rung}) {
    hold(reason);
    BOOST_TEST(refused(QueueAction::reroute, NoChange::does_not_apply, relay));
    BOOST_TEST(refused(QueueAction::hold, NoChange::does_not_apply));
  }
  recipient.state = spool::Unjudged{};
  for (const auto action : {QueueAction::hold, QueueAction::release, QueueAction::retry, QueueAction::reroute})
    BOOST_TEST(refused(action, NoChange::does_not_apply, relay));
}

BOOST_AUTO_TEST_CASE(a_hop_is_mx_or_a_relay) {
  const auto shown = [](const std::string& text) {
    const auto hop = gateway::parse_hop(text);
    return hop ? gateway::format_hop(*hop) : "no";
  };
  BOOST_TEST(shown("mx") == "the recipients' own servers");
  BOOST_TEST(shown("relay.example") == "relay.example:25");
  BOOST_TEST(shown("relay.example:2525") == "relay.example:2525");
  BOOST_TEST(shown("192.0.2.1:25") == "192.0.2.1:25");
  for (const char* wrong : {"", ":25", "relay.example:", "relay.example:0", "relay.example:65536", "relay.example:2x",
                            "a b", "relay.example:25:25"})
    BOOST_TEST(shown(wrong) == "no");
}

BOOST_AUTO_TEST_CASE(a_filter_takes_what_fits_all_that_it_says) {
  spool::MessageRecord message;
  message.envelope.from = *mail::Address::parse("Ann@clinic.example");
  message.envelope.origin.tenant = "clinic";
  message.accepted = noon;
  const auto fits = [&](const gateway::QueueFilter& filter) {
    return gateway::fits(filter, message, noon + 1h) && gateway::fits(filter, recipient);
  };
  using Filter = gateway::QueueFilter;
  BOOST_TEST(Filter{}.open());
  BOOST_TEST(fits({}));
  for (const Filter& filter :
       {Filter{.tenant = "clinic"}, Filter{.sender = "ann@clinic.example"}, Filter{.sender = "@clinic.example"},
        Filter{.recipient = "bob@lab.example"}, Filter{.recipient = "LAB.example"}, Filter{.recipient = ".example"},
        Filter{.destination = "lab.example"}, Filter{.state = "queued"}, Filter{.older_than = 1h},
        Filter{.tenant = "clinic", .recipient = "lab.example"}}) {
    BOOST_TEST(!filter.open());
    BOOST_TEST(fits(filter));
  }
  for (const Filter& filter :
       {Filter{.id = "01M8GANPTHNKGKA71Q77HK8GZY"}, Filter{.tenant = "lab"}, Filter{.sender = "<>"},
        Filter{.sender = "@example"}, Filter{.sender = "@.lab.example"}, Filter{.recipient = "eve@lab.example"},
        Filter{.recipient = ".lab.example"}, Filter{.recipient = "b.example"}, Filter{.destination = "lab.example:25"},
        Filter{.state = "held"}, Filter{.older_than = 2h}, Filter{.tenant = "clinic", .recipient = "x.example"}})
    BOOST_TEST(!fits(filter));
  message.envelope.from = std::nullopt;
  BOOST_TEST(fits({.sender = "<>"}));
  BOOST_TEST(!fits({.sender = "@clinic.example"}));
}

BOOST_AUTO_TEST_CASE(a_filter_comes_back_as_it_was_said) {
  const gateway::QueueFilter filter{.tenant = "clinic", .state = "held", .older_than = 90s};
  const auto back = gateway::parse_filter(gateway::format_filter(filter));
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST(back->tenant == "clinic");
  BOOST_TEST(back->state == "held");
  BOOST_TEST((back->older_than == 90s));
  for (const char* wrong :
       {R"({"state":"lost"})", R"({"older_than":-1})", R"({"older_than":"1h"})", R"({"id":"x"})", R"({"tenant":1})"})
    BOOST_TEST(!gateway::parse_filter(boost::json::parse(wrong).as_object()));
}

BOOST_AUTO_TEST_SUITE_END()
