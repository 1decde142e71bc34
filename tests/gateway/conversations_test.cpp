// Conversations that cross the portal, by the addresses that lead back into them.
#include "gateway/conversations.hpp"

#include "gateway/reply_mail.hpp"
#include "gateway/return_intake.hpp"
#include "portal/deposit.hpp"
#include "tests/gateway/scene.hpp"

namespace {

using namespace postern;
using namespace postern::gateway;
using crypto::TokenUse;

struct Talk : test::Scene {
  Talk()
      : Scene(
            "[[rule]]\nname = \"no-x\"\nwhen.to = \"outside\"\nwhen.header.x-no = \"yes\"\nthen = { action = "
            "\"refuse\", reason = \"no\" }\n") {
    config.tenants.front().portal = PortalSender{.from = *mail::Address::parse("secure@clinic.example"),
                                                 .name = "Riverside Clinic",
                                                 .logo = {},
                                                 .domain = *mail::Domain::parse("secure.clinic.example")};
    TenantConfig other;
    other.tenant.name = "insurer";
    other.tenant.domains = {"insurer.example"};
    other.tenant.bind.networks = {*Network::parse("198.51.100.0/24")};
    config.tenants.push_back(other);
    restart();
    services().token_key = crypto::token_key(crypto::make_key(random));
    record = kept("clinic");
    address = conversation_address(services(), TokenUse::reply, record)->str();
  }
  spool::PickupRecord kept(const std::string& tenant) {
    spool::PickupRecord pickup;
    pickup.lookup = portal::make_lookup(random);
    pickup.deposit = QueueId::make(clock.now(), random);
    pickup.link = crypto::make_key(random);
    pickup.envelope.id = QueueId::make(clock.now(), random);
    pickup.envelope.from = pickup.envelope.header_from = *mail::Address::parse("ann@clinic.example");
    pickup.envelope.to = {*mail::Address::parse("bob@lab.example")};
    pickup.envelope.origin.tenant = tenant;
    pickup.expires = clock.now() + std::chrono::hours(24);
    const auto done = test::run(await_done([&](auto finished) { spool->keep_pickups({pickup}, std::move(finished)); }));
    BOOST_REQUIRE(done);
    return pickup;
  }
  std::string said(const std::string& session) {
    test::MemoryStream stream(session);
    serve(stream);
    return stream.out;
  }
  std::string returned(const std::string& session) {
    smtp::ServerOptions options;
    options.hostname = config.hostname;
    options.starttls = smtp::Starttls::off;
    const auto intake = make_return_intake(services());
    test::MemoryStream stream(session);
    test::run(smtp::serve(stream, options, *intake));
    return stream.out;
  }
  spool::PickupRecord record;
  std::string address;
};

BOOST_FIXTURE_TEST_SUITE(conversations, Talk)

BOOST_AUTO_TEST_CASE(an_address_leads_back_to_its_pick_up_and_only_ours_do) {
  const auto found = conversation_of(services(), *mail::Address::parse(address));
  BOOST_REQUIRE(found);
  BOOST_TEST((found->use == TokenUse::reply));
  BOOST_TEST(found->lookup == record.lookup);
  BOOST_TEST(!conversation_of(services(), *mail::Address::parse("bob@secure.clinic.example")));
  BOOST_TEST(!conversation_of(services(), *mail::Address::parse(address.substr(0, 45) + "@clinic.example")));
  const auto bounce = conversation_address(services(), TokenUse::bounce, record);
  BOOST_TEST((conversation_of(services(), *bounce)->use == TokenUse::bounce));
}

BOOST_AUTO_TEST_CASE(who_has_no_domain_for_it_has_no_address) {
  config.tenants.front().portal->domain.reset();
  BOOST_TEST(!conversation_address(services(), TokenUse::reply, record));
  BOOST_TEST(!conversation_of(services(), *mail::Address::parse(address)));
}

BOOST_AUTO_TEST_CASE(an_answer_to_it_is_kept_for_the_person_and_protected) {
  BOOST_TEST(
      send("From: ann@clinic.example\r\nTo: <" + address + ">\r\nMessage-ID: <2@clinic.example>\r\n\r\nHello\r\n",
           {address}) == "250");
  const spool::StoredMessage kept = queue().front();
  BOOST_TEST(kept.recipients.front().address.str() == "bob@lab.example");
  BOOST_TEST((kept.recipients.front().verdict.action == mail::Action::protect));
  BOOST_TEST(kept.message.envelope.asked_for(0).orcpt == original_recipient(*mail::Address::parse(address)));
}

/// Who is proven to be one tenant has no business in the conversations of another.
BOOST_AUTO_TEST_CASE(the_conversation_of_another_tenant_is_refused) {
  config.tenants.back().portal = config.tenants.front().portal;
  const spool::PickupRecord of_others = kept("insurer");
  const auto theirs = conversation_address(services(), TokenUse::reply, of_others);
  BOOST_TEST(send(test::small_message, {theirs->str()}) == "550");
  BOOST_TEST(queue().empty());
}

BOOST_AUTO_TEST_CASE(what_leads_nowhere_is_refused_at_its_recipient) {
  const auto bounce = conversation_address(services(), TokenUse::bounce, record);
  const auto gone = [&] {
    spool::PickupRecord never = record;
    never.lookup = portal::make_lookup(random);
    return *conversation_address(services(), TokenUse::reply, never);
  }();
  const std::string out =
      said("EHLO x\r\nMAIL FROM:<ann@clinic.example>\r\nRCPT TO:<bob@secure.clinic.example>\r\nRCPT TO:<" +
           bounce->str() + ">\r\nRCPT TO:<" + gone.str() + ">\r\nRCPT TO:<" + address + ">\r\nQUIT\r\n");
  BOOST_TEST(out.find("550 5.1.1 There is no such address here\r\n550 5.1.1 There is no such address here\r\n"
                      "550 5.1.6 This protected conversation is over; write to the person's own address instead\r\n"
                      "250 2.1.5 Ok\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_came_from_the_portal_is_protected_or_held_and_never_refused) {
  mail::Envelope envelope;
  envelope.peer.listener = reply_listener;
  envelope.to = {*mail::Address::parse("ann@clinic.example"), *mail::Address::parse("eve@lab.example"),
                 *mail::Address::parse("x@lab.example")};
  std::vector<mail::Verdict> verdicts(3);
  verdicts[1].action = mail::Action::refuse;
  verdicts[2].action = mail::Action::quarantine;
  protect_conversations(config, envelope, verdicts);
  BOOST_TEST((verdicts[0].action == mail::Action::protect));
  BOOST_TEST((verdicts[1].action == mail::Action::quarantine));
  BOOST_TEST((verdicts[2].action == mail::Action::quarantine));
  envelope.peer.listener = "m365";
  verdicts.assign(3, {});
  protect_conversations(config, envelope, verdicts);
  BOOST_TEST((verdicts[0].action == mail::Action::deliver));
}

/// The way home is the tenant's, whatever its outside recipients are offered.
BOOST_AUTO_TEST_CASE(what_goes_home_takes_the_return_route_by_tls_or_is_held) {
  config.global.methods = std::vector{mail::Method::portal};
  config.tenants.front().return_route = mail::Relay{"exchange.clinic.example", 25, true};
  const auto record_for = [&](const char* to) {
    mail::Verdict verdict;
    verdict.action = mail::Action::protect;
    return judged_record(services().known(), "clinic", false, 0, *mail::Address::parse(to), verdict, clock.now());
  };
  const auto home = record_for("ann@clinic.example");
  const auto* tls = std::get_if<mail::TlsRelay>(&home.ladder.front());
  BOOST_REQUIRE(tls != nullptr);
  BOOST_TEST(std::get<mail::Relay>(tls->hop).host == "exchange.clinic.example");
  BOOST_TEST(std::holds_alternative<mail::Hold>(home.ladder.back()));
  const auto outside = record_for("bob@lab.example");
  BOOST_TEST(std::holds_alternative<mail::Portal>(outside.ladder.front()));
}

BOOST_AUTO_TEST_CASE(a_reply_says_nothing_in_our_name_but_its_content) {
  ReplyMail mail{*mail::Address::parse(address),
                 *mail::Address::parse("bob@lab.example"),
                 "Riverside \"Clinic\"",
                 {*mail::Address::parse("ann@clinic.example"), *mail::Address::parse("eve@lab.example")},
                 "<1@gw>",
                 "<0@clinic>",
                 clock.now()};
  const auto text =
      format_reply_mail(mail, {"Re: x\r\nBcc: eve@evil.example", true, "Content-Type: text/plain\r\n\r\nhello\r\n"});
  BOOST_REQUIRE(text);
  BOOST_TEST(text->starts_with(
      "From: \"bob@lab.example via Riverside \\\"Clinic\\\"\" <" + address +
      ">\r\nTo: <ann@clinic.example>,\r\n <eve@lab.example>\r\nSubject: Re: x  Bcc: eve@evil.example\r\n"));
  BOOST_TEST(text->find("In-Reply-To: <0@clinic>\r\n") != std::string::npos);
  for (const char* entity : {"Content-Type: text/plain\r\nBcc: eve@evil.example\r\n\r\nx", "X-Clinic-Key: y\r\n\r\nx",
                             "no header", "\r\n\r\n", "junk\r\n\r\nx"})
    BOOST_TEST((!format_reply_mail(mail, {"x", false, entity}) || std::string_view(entity).starts_with("\r\n")),
               entity);
}

BOOST_AUTO_TEST_CASE(a_listener_for_returns_takes_no_mail_of_anybody) {
  const auto bounce = conversation_address(services(), TokenUse::bounce, record);
  BOOST_TEST(returned("EHLO x\r\nMAIL FROM:<ann@clinic.example>\r\nQUIT\r\n").find("550 5.7.1 Only bounces") !=
             std::string::npos);
  const std::string out =
      returned("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@lab.example>\r\nRCPT TO:<" + address + ">\r\nRCPT TO:<" +
               bounce->str() + ">\r\nDATA\r\nSubject: I am away\r\n\r\nx\r\n.\r\nQUIT\r\n");
  BOOST_TEST(out.find("550 5.1.1 There is no such address here\r\n550 5.1.1 There is no such address here\r\n250 2.1.5 "
                      "Ok\r\n354 ") != std::string::npos);
  BOOST_TEST(out.find("250 2.0.0 Ok, read\r\n") != std::string::npos);
  BOOST_TEST(spool->pickup(record.lookup).has_value());
  BOOST_TEST(queue().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
