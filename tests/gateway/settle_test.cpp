// From outcomes to states, events and notices.
#include "gateway/settle.hpp"

#include <boost/test/unit_test.hpp>

#include "audit/event.hpp"
#include "policy/delivery.hpp"

namespace {

using namespace postern;
using mail::TlsLesson;

struct FixedRandom final : Random {
  void fill(std::span<std::uint8_t> into) override { std::ranges::fill(into, std::uint8_t{7}); }
};

const Time noon{std::chrono::hours(500'000)};

struct Scene {
  gateway::Config config;
  gateway::DomainMemory memory;
  FixedRandom random;
  spool::MessageRecord message;
  spool::RecipientRecord recipient;

  Scene() {
    config.hostname = "gw.clinic.example";
    message.envelope.from = *mail::Address::parse("ann@clinic.example");
    message.accepted = noon;
    recipient.address = *mail::Address::parse("bob@lab.example");
    protect();
  }
  void protect() {
    recipient.verdict.action = mail::Action::protect;
    recipient.ladder = {mail::TlsRelay{mail::FinalMx{}, mail::TlsRequirement::at(mail::TlsLevel::verified)},
                        mail::Hold{mail::HoldReason::no_rung}};
  }
  gateway::Settlement after(const mail::Outcome& outcome, Time now) {
    const gateway::SettleContext context{config, now, memory, random};
    gateway::Settlement settlement =
        gateway::settle(message, {recipient}, recipient.ladder[recipient.rung], {outcome}, context);
    BOOST_REQUIRE(settlement.changes.size() == 1U);
    if (settlement.changes[0].next) recipient = *settlement.changes[0].next;
    return settlement;
  }
  gateway::Settlement climb(Time now) { return after(mail::Deferred{}, now); }
};

mail::Deferred deferred(TlsLesson lesson) {
  mail::Deferred made;
  made.lesson = lesson;
  made.reason = "the server offers no TLS";
  return made;
}

std::vector<audit::EventKind> kinds(const gateway::Settlement& settlement) {
  std::vector<audit::EventKind> found;
  for (const auto& bytes : settlement.events)
    found.push_back(audit::decode_event(bytes)->kind);
  return found;
}

bool logged(const gateway::Settlement& settlement, audit::EventKind kind) {
  return std::ranges::count(kinds(settlement), kind) == 1;
}

BOOST_AUTO_TEST_CASE(a_sender_hears_of_a_delay_once_with_what_the_host_said) {
  using namespace std::chrono_literals;
  Scene scene;
  mail::Deferred busy;
  busy.stage = mail::Stage::mail;
  busy.reason = "the server refused the sender";
  busy.host = "mx.lab.example";
  busy.reply.emplace();
  busy.reply->code = 451;
  busy.reply->status = mail::StatusCode{4, 3, 2};
  Time now = noon;
  std::vector<std::pair<Duration, mail::DsnRecipient>> told;
  for (int i = 0; i < 30; ++i) {
    const auto settlement = scene.after(busy, now);
    for (const mail::DsnRecipient& one : settlement.notice)
      told.emplace_back(now - noon, one);
    if (!settlement.changes[0].next) break;
    now = std::get<spool::Queued>(scene.recipient.state).due;
  }
  BOOST_REQUIRE(told.size() == 2U);  // the delay, and the end
  BOOST_TEST((told[0].first == 4h));
  BOOST_TEST((told[0].second.action == mail::DsnAction::delayed));
  BOOST_TEST((told[0].second.retry_until == noon + 48h));
  BOOST_TEST(told[0].second.status.str() == "4.3.2");
  BOOST_TEST(told[0].second.remote_host == "mx.lab.example");
  BOOST_TEST((told[1].second.action == mail::DsnAction::failed));
  BOOST_TEST(!told[1].second.retry_until);
  BOOST_TEST((told[1].first >= 48h));
}

// RFC 3461 §4.1
BOOST_AUTO_TEST_CASE(of_a_delay_hears_who_asked_for_that_and_who_asked_for_nothing) {
  using namespace std::chrono_literals;
  const auto notices = [](mail::RecipientParameters::Notify notify, Time now) {
    Scene scene;
    scene.message.envelope.to = {scene.recipient.address};
    scene.message.envelope.asked = {{notify, ""}};
    const auto settlement = scene.after(deferred(TlsLesson::none), now);
    BOOST_TEST(settlement.changes[0].next->delay_told == (now - noon >= 4h));
    return settlement.notice.size();
  };
  for (const Time now : {noon + 4h - 1ms, noon + 4h}) {
    const std::size_t one = now - noon >= 4h ? 1 : 0;
    BOOST_TEST(notices({}, now) == one);
    BOOST_TEST(notices({true, false, false, true}, now) == one);  // DELAY
    BOOST_TEST(notices({true, true, true, false}, now) == 0U);    // SUCCESS,FAILURE
    BOOST_TEST(notices({true, false, false, false}, now) == 0U);  // NEVER
  }
}

BOOST_AUTO_TEST_CASE(a_delay_notice_does_not_deny_what_may_have_happened) {
  using namespace std::chrono_literals;
  Scene scene;
  const auto settlement = scene.after(mail::Uncertain{"no answer after the end of the message", "", ""}, noon + 5h);
  BOOST_REQUIRE(settlement.notice.size() == 1U);
  BOOST_TEST(settlement.notice[0].status.str() == "4.4.2");
  BOOST_TEST(settlement.notice[0].reason.find("not known whether it was delivered") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_status_of_a_delay_says_what_is_known_of_it) {
  using namespace std::chrono_literals;
  const auto status = [](const mail::Deferred& outcome) {
    Scene scene;
    scene.recipient.ladder.erase(scene.recipient.ladder.begin() + 1);
    return scene.after(outcome, noon + 5h).notice.at(0).status.str();
  };
  mail::Deferred trouble = deferred(TlsLesson::none);
  BOOST_TEST(status(trouble) == "4.4.1");
  trouble.stage = mail::Stage::resolve;
  BOOST_TEST(status(trouble) == "4.4.3");
  trouble.stage = mail::Stage::mail;
  trouble.reply.emplace();
  trouble.reply->code = 451;
  BOOST_TEST(status(trouble) == "4.0.0");  // it answered, and did not say more
  BOOST_TEST(status(deferred(TlsLesson::incapable)) == "4.7.0");
}

BOOST_AUTO_TEST_CASE(mail_that_is_put_off_is_late_and_given_up_like_mail_that_is_tried) {
  using namespace std::chrono_literals;
  Scene scene;
  const auto put_off = [&scene](Time now) {
    const gateway::SettleContext context{scene.config, now, scene.memory, scene.random};
    return gateway::settle_put_off(scene.message, {scene.recipient}, now + 10min, "no connection to mx", context);
  };
  const auto early = put_off(noon);
  BOOST_TEST(early.notice.empty());
  BOOST_TEST((std::get<spool::Queued>(early.changes.at(0).next->state).due == noon + 10min));  // not before
  BOOST_TEST(early.changes[0].next->attempts == 1U);
  const auto late = put_off(noon + 5h);
  BOOST_REQUIRE(late.notice.size() == 1U);
  BOOST_TEST(late.notice[0].status.str() == "4.4.1");
  const auto over = put_off(noon + 48h);
  BOOST_TEST(!over.changes.at(0).next.has_value());
  BOOST_TEST((over.notice.at(0).action == mail::DsnAction::failed));
  // An attempt that was not made proves nothing, and takes nothing back.
  scene.recipient.tls_trouble_since = noon;
  BOOST_TEST((put_off(noon + 1h).changes.at(0).next->tls_trouble_since == noon));
}

BOOST_AUTO_TEST_CASE(the_nearest_scope_says_when_mail_is_tried_again_told_of_and_given_up) {
  using namespace std::chrono_literals;
  gateway::Config config;
  config.tenant_settings["clinic"].expire = 24h;
  config.partner_settings[".example"].delay_notice = 1h;
  config.partner_settings["lab.example"].retry = std::pair<Duration, Duration>(10s, 1min);
  config.tenant_partner_settings["clinic"]["bob@lab.example"].expire = 1h;
  const auto bob = *mail::Address::parse("bob@lab.example"), eve = *mail::Address::parse("eve@lab.example");
  const auto other = *mail::Address::parse("x@elsewhere.test");
  BOOST_TEST((config.schedule_for("clinic", bob).expire == 1h));
  BOOST_TEST((config.schedule_for("clinic", eve).expire == 24h));
  BOOST_TEST((config.schedule_for("other", eve).expire == 48h));
  BOOST_TEST((config.schedule_for("other", eve).delay_notice == 1h));
  BOOST_TEST((config.schedule_for("other", eve).longest_retry == 1min));
  BOOST_TEST((config.schedule_for("other", other).delay_notice == 4h));
  BOOST_TEST((config.schedule_for("other", other).longest_retry == 4h));
}

BOOST_AUTO_TEST_CASE(a_delivered_recipient_is_gone_and_nobody_is_told) {
  Scene scene;
  const auto settlement = scene.after(mail::Delivered{}, noon);
  BOOST_TEST(!settlement.changes[0].next.has_value());
  BOOST_TEST(settlement.notice.empty());
  BOOST_TEST(logged(settlement, audit::EventKind::delivered));
}

BOOST_AUTO_TEST_CASE(an_incapable_domain_must_be_seen_twice_before_the_rung_ends) {
  Scene scene;
  auto settlement = scene.after(deferred(TlsLesson::incapable), noon);
  BOOST_TEST(scene.recipient.rung == 0U);
  BOOST_TEST(settlement.notice.empty());

  settlement = scene.after(deferred(TlsLesson::incapable), noon + std::chrono::minutes(16));
  BOOST_TEST(scene.recipient.rung == 1U);
  BOOST_TEST(logged(settlement, audit::EventKind::rung));
  BOOST_TEST(scene.memory.fresh(scene.recipient.address.domain(), noon + std::chrono::hours(1)));
}

BOOST_AUTO_TEST_CASE(the_last_rung_holds_and_tells_the_sender_at_once) {
  Scene scene;
  scene.recipient.rung = 1;
  const auto settlement = scene.climb(noon);
  BOOST_TEST(std::holds_alternative<spool::Held>(scene.recipient.state));
  BOOST_TEST(std::get<spool::Held>(scene.recipient.state).sender_told);
  BOOST_REQUIRE(settlement.notice.size() == 1U);
  BOOST_TEST((settlement.notice[0].action == mail::DsnAction::delayed));
  BOOST_TEST(logged(settlement, audit::EventKind::held));
}

BOOST_AUTO_TEST_CASE(a_transient_tls_failure_stays_on_the_rung) {
  Scene scene;
  scene.after(deferred(TlsLesson::transient), noon);
  scene.after(deferred(TlsLesson::transient), noon + std::chrono::hours(1));
  BOOST_TEST(scene.recipient.rung == 0U);
  scene.after(deferred(TlsLesson::transient), noon + std::chrono::hours(5));  // past protect_patience
  BOOST_TEST(scene.recipient.rung == 1U);
}

BOOST_AUTO_TEST_CASE(no_answer_after_the_final_dot_is_kept_in_mind_and_named_when_it_is_sent_again) {
  Scene scene;
  auto settlement = scene.after(mail::Uncertain{"the connection broke", "mx", "127.0.0.1:25"}, noon);
  BOOST_TEST(scene.recipient.may_be_duplicate);
  BOOST_TEST(scene.recipient.rung == 0U);
  BOOST_TEST(logged(settlement, audit::EventKind::uncertain));

  settlement = scene.after(mail::Delivered{}, noon + std::chrono::hours(4));
  BOOST_TEST(logged(settlement, audit::EventKind::duplicate));
  BOOST_TEST(logged(settlement, audit::EventKind::delivered));
}

BOOST_AUTO_TEST_CASE(a_permanent_failure_bounces_with_the_peers_codes_and_without_its_text) {
  Scene scene;
  mail::Failed failed;
  failed.status = {5, 1, 1};
  failed.reason = "the recipient's server refused the address";
  failed.reply = mail::PeerReply{550, mail::StatusCode{5, 1, 1}, Tainted("MARKER in the peer's text")};
  const auto settlement = scene.after(failed, noon);
  BOOST_TEST(!settlement.changes[0].next.has_value());
  BOOST_REQUIRE(settlement.notice.size() == 1U);
  BOOST_TEST((settlement.notice[0].status == mail::StatusCode{5, 1, 1}));
  BOOST_TEST(logged(settlement, audit::EventKind::bounced));
  for (const auto& bytes : settlement.events)
    BOOST_TEST(bytes.find("MARKER") == std::string::npos);
}

mail::RecipientParameters asked(bool success, bool failure, bool delay) {
  mail::RecipientParameters parameters;
  parameters.notify = {true, success, failure, delay};
  parameters.orcpt = "rfc822;old@lab.example";
  return parameters;
}

mail::Failed failed_with(int code) {
  mail::Failed failed;
  failed.status = {5, 1, 1};
  failed.reply = mail::PeerReply{code, mail::StatusCode{5, 1, 1}, {}};
  return failed;
}

BOOST_AUTO_TEST_CASE(who_asked_never_to_hear_hears_nothing) {
  Scene scene;
  scene.message.envelope.asked = {asked(false, false, false)};
  BOOST_TEST(scene.after(failed_with(550), noon).notice.empty());
  scene.recipient.rung = 1;
  BOOST_TEST(scene.climb(noon).notice.empty());  // the hold
}

BOOST_AUTO_TEST_CASE(success_is_told_by_us_only_where_the_next_host_will_not) {
  for (const bool told_of_dsn : {true, false}) {
    Scene scene;
    scene.message.envelope.asked = {asked(true, false, false)};
    mail::Delivered delivered;
    delivered.told_of_dsn = told_of_dsn;
    const auto settlement = scene.after(delivered, noon);
    BOOST_REQUIRE(settlement.notice.size() == (told_of_dsn ? 0U : 1U));
    if (told_of_dsn) continue;
    BOOST_TEST((settlement.notice[0].action == mail::DsnAction::relayed));
    BOOST_TEST(settlement.notice[0].orcpt == "rfc822;old@lab.example");
  }
}

BOOST_AUTO_TEST_CASE(who_asked_for_success_alone_hears_of_no_failure) {
  Scene scene;
  scene.message.envelope.asked = {asked(true, false, false)};
  BOOST_TEST(scene.after(failed_with(550), noon).notice.empty());
}

BOOST_AUTO_TEST_CASE(mail_that_is_held_is_told_to_whoever_wants_to_hear_of_failures) {
  Scene scene;
  scene.message.envelope.asked = {asked(false, true, false)};
  scene.recipient.rung = 1;
  BOOST_TEST(scene.climb(noon).notice.size() == 1U);
}

BOOST_AUTO_TEST_CASE(mail_that_cannot_be_delivered_in_time_expires_with_a_notice) {
  Scene scene;
  const auto settlement = scene.after(deferred(TlsLesson::none), noon + std::chrono::hours(49));
  BOOST_TEST(!settlement.changes[0].next.has_value());
  BOOST_TEST(logged(settlement, audit::EventKind::expired));
  BOOST_REQUIRE(settlement.notice.size() == 1U);
  BOOST_TEST((settlement.notice[0].action == mail::DsnAction::failed));
}

BOOST_AUTO_TEST_CASE(a_refused_recipient_of_mixed_mail_bounces_with_the_rules_reason) {
  Scene scene;
  scene.recipient.verdict.action = mail::Action::refuse;
  scene.recipient.verdict.why = {{"no-strangers", "Not to this address", mail::Action::refuse, false, ""}};
  scene.recipient.ladder = {mail::Refuse{}};
  const auto settlement = scene.climb(noon);
  BOOST_TEST(!settlement.changes[0].next.has_value());
  BOOST_REQUIRE(settlement.notice.size() == 1U);
  BOOST_TEST(settlement.notice[0].reason == "Not to this address");
}

BOOST_AUTO_TEST_CASE(what_waits_in_the_portal_has_left_and_is_relayed_never_delivered) {
  Scene scene;
  scene.recipient.ladder = {mail::Portal{}, mail::Hold{mail::HoldReason::no_rung}};
  scene.message.envelope.asked = {{{.stated = true, .success = true}, ""}};
  const auto settlement = scene.after(mail::Delivered{}, noon);
  BOOST_TEST(!settlement.changes[0].next.has_value());
  BOOST_TEST(logged(settlement, audit::EventKind::deposited));
  BOOST_TEST(!logged(settlement, audit::EventKind::delivered));
  BOOST_REQUIRE(settlement.notice.size() == 1U);
  BOOST_TEST((settlement.notice[0].action == mail::DsnAction::relayed));
}

BOOST_AUTO_TEST_CASE(a_portal_that_is_down_is_tried_again_and_is_no_reason_for_the_clear) {
  Scene scene;
  scene.recipient.ladder = {mail::Portal{}, mail::Hold{mail::HoldReason::no_rung}};
  mail::Deferred deferred;
  deferred.stage = mail::Stage::deposit;
  deferred.reason = "the portal cannot be reached";
  scene.after(deferred, noon);
  BOOST_TEST(scene.recipient.rung == 0U);
  BOOST_TEST(std::holds_alternative<spool::Queued>(scene.recipient.state));
}

}  // namespace
