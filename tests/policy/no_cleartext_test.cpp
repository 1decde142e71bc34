// Promise 1, walked through exhaustively: verdict × methods × capabilities × hop × settings, then every sequence of
// outcomes of length four. No protected recipient is ever at a rung whose connection could be cleartext, and below the
// last rung is Hold.
#include <array>

#include <boost/test/unit_test.hpp>

#include "policy/delivery.hpp"

namespace {

using namespace postern;
using mail::Action;
using mail::TlsLesson;
using mail::TlsLevel;

struct Middle final : Random {
  void fill(std::span<std::uint8_t> into) override { std::ranges::fill(into, std::uint8_t{0x55}); }
};

const std::array all_actions = {Action::deliver, Action::protect, Action::quarantine, Action::refuse};
const std::array floors = {TlsLevel::none,     TlsLevel::opportunistic, TlsLevel::encrypted,
                           TlsLevel::verified, TlsLevel::secure,        TlsLevel::dane};
const std::vector<mail::Hop> hops = {mail::FinalMx{}, mail::Relay{"smart.example", 25, false},
                                     mail::Relay{"smart.example", 25, true}};
const mail::Domain domain = *mail::Domain::parse("lab.example");

mail::Outcome deferred(TlsLesson lesson) {
  mail::Deferred made;
  made.lesson = lesson;
  return made;
}
const std::vector<mail::Outcome> outcomes = {mail::Delivered{},
                                             mail::Failed{},
                                             mail::Uncertain{},
                                             deferred(TlsLesson::none),
                                             deferred(TlsLesson::transient),
                                             deferred(TlsLesson::incapable),
                                             deferred(TlsLesson::promise_broken)};

/// What a rung of protected mail may be.
void check_rung(const mail::Route& route, const mail::Hop& hop) {
  if (const auto* relay = std::get_if<mail::TlsRelay>(&route)) {
    for (const mail::DaneState dane :
         {mail::DaneState::absent, mail::DaneState::usable, mail::DaneState::unusable, mail::DaneState::failed}) {
      mail::HostSecurity host{"mx.lab.example", {}, {}};
      host.dane.state = dane;
      if (dane == mail::DaneState::usable) host.dane.records = {{3, 1, 1, std::string(32, 'a')}};
      const mail::TlsRequirement requirement = policy::require_tls(route, {}, host, domain);
      BOOST_TEST(requirement.valid == (dane != mail::DaneState::failed));
      BOOST_TEST((requirement.level >= TlsLevel::encrypted));
      BOOST_TEST(!mail::meets(requirement, mail::TlsFacts{}));  // cleartext never meets it
      BOOST_TEST((requirement.level < TlsLevel::verified || !requirement.names.empty() || !requirement.tlsa.empty() ||
                  !requirement.valid));
    }
    const auto* via = std::get_if<mail::Relay>(&hop);
    BOOST_TEST((via == nullptr || via->onward_enforced));
    BOOST_TEST((relay->hop == hop));
  }
}

/// Every sequence of outcomes from this rung on, `depth` deep, with time passing generously so that rungs do end.
void walk(const mail::Ladder& ladder, const mail::Hop& hop, std::size_t rung, policy::RungHistory history, Time now,
          unsigned depth) {
  BOOST_REQUIRE(rung < ladder.size());
  check_rung(ladder[rung], hop);
  if (depth == 0 || !std::holds_alternative<mail::TlsRelay>(ladder[rung])) return;
  Middle random;
  for (const mail::Outcome& outcome : outcomes) {
    for (const bool fresh : {false, true}) {
      const policy::RungHistory next = policy::remember(history, outcome, now);
      const mail::NextStep step =
          policy::next_step(outcome, next, std::chrono::hours(1), now, policy::Schedule{}, true, fresh, random);
      if (std::holds_alternative<mail::RetryAt>(step)) {
        BOOST_TEST((std::get<mail::RetryAt>(step).at > now));
        walk(ladder, hop, rung, next, now + std::chrono::hours(3), depth - 1);
      } else if (std::holds_alternative<mail::NextRung>(step)) {
        walk(ladder, hop, rung + 1, {}, now, depth - 1);  // only downwards, one at a time
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(no_protected_recipient_is_ever_sent_without_a_tls_requirement_that_is_met) {
  unsigned ladders = 0, with_tls = 0;
  for (const Action action : all_actions) {
    for (unsigned methods = 0; methods < 16; ++methods) {
      for (unsigned capable = 0; capable < 8; ++capable) {
        for (const mail::Hop& hop : hops) {
          for (const TlsLevel floor : floors) {
            mail::Verdict verdict;
            verdict.action = action;
            verdict.methods = mail::MethodSet::from_bits(methods);
            policy::DeliverySettings settings;
            settings.protect_tls = mail::TlsRequirement::at(floor);  // even a setting that should not exist
            mail::Capabilities capabilities;
            capabilities.hop = hop;
            capabilities.smime = (capable & 1) != 0;
            capabilities.openpgp = (capable & 2) != 0;
            capabilities.portal = (capable & 4) != 0;
            const mail::Ladder ladder = policy::ladder(verdict, capabilities, settings);
            BOOST_REQUIRE(!ladder.empty());
            if (action == Action::deliver) continue;
            ++ladders;
            const bool ends_safely = std::holds_alternative<mail::Hold>(ladder.back()) ||
                                     std::holds_alternative<mail::Refuse>(ladder.back());
            BOOST_TEST(ends_safely);
            if (action != Action::protect) {
              BOOST_TEST(ladder.size() == 1U);  // held or refused: no way out at all
              continue;
            }
            for (const mail::Route& route : ladder)
              with_tls += std::holds_alternative<mail::TlsRelay>(route) ? 1 : 0;
            walk(ladder, hop, 0, {}, Time(std::chrono::hours(500'000)), 4);
          }
        }
      }
    }
  }
  BOOST_TEST(ladders == 3U * 16 * 8 * 3 * 6);
  BOOST_TEST(with_tls > 0U);  // it is not safe by never sending
}

BOOST_AUTO_TEST_CASE(a_route_that_is_no_connection_gives_a_requirement_that_nothing_meets) {
  mail::TlsFacts best;
  best.version = mail::TlsVersion::tls1_3;
  best.chain_valid = true;
  best.names = {"mx.lab.example", "lab.example"};
  for (const mail::Route& route :
       {mail::Route(mail::Portal{}), mail::Route(mail::Hold{}), mail::Route(mail::Refuse{})}) {
    BOOST_TEST(!mail::meets(policy::require_tls(route, {}, {"mx.lab.example", {}, {}}, domain), best));
  }
}

BOOST_AUTO_TEST_CASE(what_leads_to_protected_mail_leaves_in_tls_to_the_end_or_not_at_all) {
  const auto rungs = [](const mail::Hop& hop) { return policy::pickup_notice(hop); };
  for (const mail::Hop& hop : {mail::Hop(mail::FinalMx{}), mail::Hop(mail::Relay{"smart.example", 25, true})}) {
    const mail::Ladder ladder = rungs(hop);
    BOOST_REQUIRE_EQUAL(ladder.size(), 2U);
    const auto& relay = std::get<mail::TlsRelay>(ladder.front());
    BOOST_TEST((relay.hop == hop));
    BOOST_TEST((relay.floor.level >= mail::TlsLevel::encrypted));
  }
  BOOST_TEST((rungs(mail::Relay{"smart.example", 25, false}) == mail::Ladder{mail::Hold{mail::HoldReason::no_rung}}));
}

BOOST_AUTO_TEST_CASE(a_passphrase_goes_home_in_tls_or_not_at_all) {
  for (const mail::Hop& home : {mail::Hop(mail::FinalMx{}), mail::Hop(mail::Relay{"smart.example", 25, false})}) {
    const mail::Ladder ladder = policy::passphrase_mail(home);
    BOOST_REQUIRE_EQUAL(ladder.size(), 2U);
    const auto& relay = std::get<mail::TlsRelay>(ladder.front());
    BOOST_TEST((relay.hop == home));
    BOOST_TEST((relay.floor.level >= mail::TlsLevel::encrypted));
    BOOST_TEST((ladder.back() == mail::Route(mail::Hold{mail::HoldReason::no_rung})));
  }
}

}  // namespace
