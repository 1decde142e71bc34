// Promise 1, at the last place where it is decided: what Protector builds for protected mail always demands protection.
#include "gateway/protect.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;

spool::MessageRecord a_message() {
  spool::MessageRecord message;
  message.envelope.from = *mail::Address::parse("ann@clinic.example");
  message.size = 100;
  return message;
}

spool::RecipientRecord recipient_with(mail::Action action, mail::MethodSet methods) {
  spool::RecipientRecord recipient;
  recipient.address = *mail::Address::parse("bob@lab.example");
  recipient.verdict.action = action;
  recipient.verdict.methods = methods;
  return recipient;
}

const mail::HostSecurity lab_host{"mx.lab.example", {}, {}};

constexpr mail::Action all_actions[] = {mail::Action::deliver, mail::Action::protect, mail::Action::quarantine,
                                        mail::Action::refuse};
constexpr mail::TlsLevel all_levels[] = {
    mail::TlsLevel::none,   mail::TlsLevel::opportunistic, mail::TlsLevel::encrypted, mail::TlsLevel::verified,
    mail::TlsLevel::secure, mail::TlsLevel::mta_sts,       mail::TlsLevel::dane};

std::vector<mail::TlsRequirement> all_floors() {
  std::vector<mail::TlsRequirement> floors = {mail::TlsRequirement::invalid()};
  for (const mail::TlsLevel level : all_levels)
    floors.push_back(mail::TlsRequirement::at(level));
  return floors;
}

const std::vector<mail::Hop> all_hops = {mail::FinalMx{}, mail::Relay{"smart.example", 25, false},
                                         mail::Relay{"smart.example", 25, true}};

BOOST_AUTO_TEST_CASE(no_combination_gives_protected_mail_a_requirement_below_encrypted) {
  const gateway::Protector protector("gw.clinic.example");
  unsigned built = 0, denied = 0;
  for (const mail::Action action : all_actions) {
    for (unsigned bits = 0; bits < 16; ++bits) {
      for (const mail::TlsRequirement& floor : all_floors()) {
        for (const mail::Hop& hop : all_hops) {
          const auto outbound =
              protector.protect(a_message(), {recipient_with(action, mail::MethodSet::from_bits(bits))},
                                mail::TlsRelay{hop, floor}, {}, lab_host);
          ++(outbound ? built : denied);
          if (!outbound || action == mail::Action::deliver) continue;
          BOOST_TEST(static_cast<int>(action) == static_cast<int>(mail::Action::protect));
          BOOST_TEST(outbound->requirement().valid);
          BOOST_TEST((outbound->requirement().level >= mail::TlsLevel::encrypted));
          const auto* relay = std::get_if<mail::Relay>(&hop);
          BOOST_TEST((relay == nullptr || relay->onward_enforced));
          BOOST_TEST((bits & 1U) == 1U);  // Method::tls is allowed
        }
      }
    }
  }
  BOOST_TEST(built > 0U);
  BOOST_TEST(denied > 0U);
}

BOOST_AUTO_TEST_CASE(what_asks_for_requiretls_leaves_by_no_rung_that_does_not) {
  const gateway::Protector protector("gw.clinic.example");
  spool::MessageRecord message = a_message();
  message.envelope.parameters.requiretls = true;
  for (const mail::Action action : {mail::Action::deliver, mail::Action::protect}) {
    for (const mail::TlsLevel level : all_levels) {
      mail::TlsRequirement floor = mail::TlsRequirement::at(level);
      const auto recipient = recipient_with(action, mail::MethodSet::all());
      BOOST_TEST(!protector.protect(message, {recipient}, mail::TlsRelay{mail::FinalMx{}, floor}, {}, lab_host));
      floor.requiretls = true;
      const auto outbound =
          protector.protect(message, {recipient}, mail::TlsRelay{mail::FinalMx{}, floor}, {}, lab_host);
      BOOST_TEST_REQUIRE(outbound.has_value());
      BOOST_TEST(outbound->requirement().requiretls);
      BOOST_TEST((outbound->requirement().level >= mail::TlsLevel::verified));
    }
  }
}

BOOST_AUTO_TEST_CASE(one_protected_recipient_among_others_decides_for_all) {
  const gateway::Protector protector("gw.clinic.example");
  const auto open = recipient_with(mail::Action::deliver, mail::MethodSet::all());
  const auto closed = recipient_with(mail::Action::protect, mail::MethodSet::all());
  const mail::TlsRelay weak{mail::FinalMx{}, mail::TlsRequirement::at(mail::TlsLevel::opportunistic)};
  BOOST_TEST(protector.protect(a_message(), {open}, weak, {}, lab_host).has_value());
  BOOST_TEST(!protector.protect(a_message(), {open, closed}, weak, {}, lab_host).has_value());
}

BOOST_AUTO_TEST_CASE(at_verified_the_host_itself_is_the_name_that_counts) {
  const gateway::Protector protector("gw.clinic.example");
  const auto outbound =
      protector.protect(a_message(), {recipient_with(mail::Action::protect, mail::MethodSet::all())},
                        mail::TlsRelay{mail::FinalMx{}, mail::TlsRequirement::at(mail::TlsLevel::verified)}, {},
                        {"mx1.lab.example", {}, {}});
  BOOST_REQUIRE(outbound.has_value());
  BOOST_TEST(outbound->requirement().names == std::set<std::string>{"mx1.lab.example"});
}

mail::HostSecurity with_dane(mail::DaneState state) {
  mail::HostSecurity host = lab_host;
  host.dane.state = state;
  if (state == mail::DaneState::usable) host.dane.records = {{3, 1, 1, std::string(32, 'a')}};
  host.dane.base = lab_host.host;
  return host;
}

BOOST_AUTO_TEST_CASE(what_the_host_promises_binds_mail_that_needs_no_protection_too) {
  const gateway::Protector protector("gw.clinic.example");
  const auto open = recipient_with(mail::Action::deliver, mail::MethodSet::all());
  const mail::TlsRelay weak{mail::FinalMx{}, mail::TlsRequirement::at(mail::TlsLevel::opportunistic)};
  const auto dane = protector.protect(a_message(), {open}, weak, {}, with_dane(mail::DaneState::usable));
  BOOST_REQUIRE(dane.has_value());
  BOOST_TEST((dane->requirement().level == mail::TlsLevel::dane));
  BOOST_TEST(!mail::meets(dane->requirement(), mail::TlsFacts{}));
  BOOST_TEST(!protector.protect(a_message(), {open}, weak, {}, with_dane(mail::DaneState::failed)).has_value());
}

BOOST_AUTO_TEST_CASE(what_the_configuration_demands_of_a_host_is_met_with_all_else) {
  const gateway::Protector protector("gw.clinic.example");
  const auto open = recipient_with(mail::Action::deliver, mail::MethodSet::all());
  const mail::TlsRelay weak{mail::FinalMx{}, mail::TlsRequirement::at(mail::TlsLevel::opportunistic)};
  mail::TlsRequirement floor = mail::TlsRequirement::at(mail::TlsLevel::verified);
  floor.version = mail::TlsVersion::tls1_3;
  const auto outbound = protector.protect(a_message(), {open}, weak, {}, lab_host, floor);
  BOOST_REQUIRE(outbound.has_value());
  BOOST_TEST((outbound->requirement().level == mail::TlsLevel::verified));
  BOOST_TEST((outbound->requirement().version == mail::TlsVersion::tls1_3));
}

BOOST_AUTO_TEST_CASE(what_marks_returned_mail_goes_out_over_a_verified_connection_or_not_at_all) {
  const gateway::Protector protector("gw.clinic.example");
  const std::string marker = "X-Clinic-Passed: present-value-0123456789\r\n";
  const auto open = recipient_with(mail::Action::deliver, mail::MethodSet::all());
  const mail::Relay exchange{"clinic.mail.example", 25, false};
  const mail::HostSecurity host{"clinic.mail.example", {}, {}};
  for (const mail::TlsLevel level : {mail::TlsLevel::none, mail::TlsLevel::opportunistic, mail::TlsLevel::encrypted}) {
    const auto outbound = protector.protect(
        a_message(), {open}, mail::TlsRelay{exchange, mail::TlsRequirement::at(level)}, {}, host, {}, marker);
    BOOST_REQUIRE(outbound.has_value());
    BOOST_TEST((outbound->requirement().level == mail::TlsLevel::verified));
    BOOST_TEST(outbound->requirement().names == std::set<std::string>{"clinic.mail.example"});
    BOOST_TEST(outbound->prefix().ends_with(marker));
  }
  mail::TlsRequirement another = mail::TlsRequirement::at(mail::TlsLevel::verified);
  another.names = {"somebody.example"};
  BOOST_TEST(
      !protector.protect(a_message(), {open}, mail::TlsRelay{exchange, another}, {}, host, {}, marker).has_value());
}

spool::Rendition a_rendition(std::uint64_t number) {
  return {number, 77, std::string(32, 's'), 1, std::string(40, 'k'), false};
}

BOOST_AUTO_TEST_CASE(a_sealed_rung_sends_the_rendition_that_all_of_them_have_or_nothing) {
  const gateway::Protector protector("gw.clinic.example");
  const mail::Smime rung{mail::FinalMx{}, mail::TlsRequirement::at(mail::TlsLevel::opportunistic)};
  auto one = recipient_with(mail::Action::protect, {mail::Method::smime});
  auto other = one;
  BOOST_TEST(!protector.protect(a_message(), {one}, rung, {}, lab_host).has_value());  // nothing was sealed
  one.rendition = a_rendition(1);
  const auto outbound = protector.protect(a_message(), {one}, rung, {}, lab_host);
  BOOST_REQUIRE(outbound.has_value());
  BOOST_TEST(outbound->rendition().value() == 1U);
  BOOST_TEST(outbound->body_size() == 77U);

  BOOST_TEST(!protector.protect(a_message(), {one, other}, rung, {}, lab_host).has_value());
  other.rendition = a_rendition(2);
  BOOST_TEST(!protector.protect(a_message(), {one, other}, rung, {}, lab_host).has_value());
  other.rendition = a_rendition(1);
  BOOST_TEST(protector.protect(a_message(), {one, other}, rung, {}, lab_host).has_value());
}

BOOST_AUTO_TEST_CASE(sealed_mail_needs_the_methods_leave) {
  const gateway::Protector protector("gw.clinic.example");
  const mail::TlsRequirement any = mail::TlsRequirement::at(mail::TlsLevel::opportunistic);
  const mail::Route smime = mail::Smime{mail::FinalMx{}, any}, pgp = mail::Pgp{mail::FinalMx{}, any};
  for (const mail::Action action : all_actions) {
    for (unsigned bits = 0; bits < 16; ++bits) {
      auto recipient = recipient_with(action, mail::MethodSet::from_bits(bits));
      recipient.rendition = a_rendition(1);
      const bool protect = action == mail::Action::protect;
      const mail::MethodSet& methods = recipient.verdict.methods;
      BOOST_TEST(protector.protect(a_message(), {recipient}, smime, {}, lab_host).has_value() ==
                 (protect && methods.contains(mail::Method::smime)));
      BOOST_TEST(protector.protect(a_message(), {recipient}, pgp, {}, lab_host).has_value() ==
                 (protect && methods.contains(mail::Method::openpgp)));
    }
  }
}

BOOST_AUTO_TEST_CASE(into_the_portal_goes_what_policy_protects_and_lets_go_there_on_that_rung_alone) {
  const gateway::Protector protector("gw.clinic.example");
  const auto on_rung = [](mail::Action action, mail::MethodSet methods, mail::Route rung) {
    spool::RecipientRecord recipient = recipient_with(action, methods);
    recipient.ladder = {std::move(rung), mail::Hold{}};
    return recipient;
  };
  for (const mail::Action action : all_actions) {
    for (const bool allowed : {true, false}) {
      for (const mail::Route& rung :
           {mail::Route(mail::Portal{}), mail::Route(mail::TlsRelay{}), mail::Route(mail::Hold{})}) {
        const auto methods = allowed ? mail::MethodSet{mail::Method::portal} : mail::MethodSet{mail::Method::tls};
        const auto outbound = protector.protect_for_pickup(a_message(), {on_rung(action, methods, rung)});
        const bool may = action == mail::Action::protect && allowed && std::holds_alternative<mail::Portal>(rung);
        BOOST_TEST(outbound.has_value() == may);
        // No connection meets what it asks for: an SMTP session would not send it.
        if (outbound) BOOST_TEST(!outbound->requirement().valid);
      }
    }
  }
  const auto good = on_rung(mail::Action::protect, mail::MethodSet::all(), mail::Portal{});
  const auto bad = on_rung(mail::Action::deliver, mail::MethodSet::all(), mail::Portal{});
  BOOST_TEST(!protector.protect_for_pickup(a_message(), {good, bad}));
}

}  // namespace
