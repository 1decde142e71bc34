// Only your tenant relays: what a stranger may try, and the condition that stops it.
#include "policy/tenant.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;

policy::Tenant clinic() {
  policy::Tenant tenant;
  tenant.name = "clinic";
  tenant.domains = {"clinic.example", ".labs.clinic.example"};
  tenant.bind.networks = {*policy::Network::parse("192.0.2.0/24"), *policy::Network::parse("2001:db8::/32")};
  tenant.bind.certificates = {"*.mail.example"};
  return tenant;
}
const std::vector<policy::Tenant> tenants = {clinic()};

mail::Peer peer_at(const std::string& address, const std::string& certificate, bool valid = true) {
  mail::Peer peer;
  peer.address = address;
  peer.tls.version = mail::TlsVersion::tls1_3;
  peer.tls.chain_valid = valid;
  if (!certificate.empty()) peer.tls.names = {certificate};
  return peer;
}

std::string refused_at_connection(const mail::Peer& peer) {
  const mail::Origin origin = policy::candidates(peer, tenants);
  const auto* refused = std::get_if<mail::Refused>(&origin);
  return refused != nullptr ? refused->condition : "";
}

std::string refused_at_headers(const std::string& envelope, const Result<mail::Address>& from) {
  const mail::ReversePath path = envelope.empty() ? mail::ReversePath() : *mail::Address::parse(envelope);
  const mail::Origin origin = policy::prove({{"clinic"}}, path, from, tenants);
  const auto* refused = std::get_if<mail::Refused>(&origin);
  return refused != nullptr ? refused->condition : "";
}

BOOST_AUTO_TEST_CASE(network_and_certificate_are_required_together) {
  BOOST_TEST(refused_at_connection(peer_at("192.0.2.9", "a.mail.example")) == "");
  BOOST_TEST(refused_at_connection(peer_at("2001:db8::1", "a.mail.example")) == "");
  BOOST_TEST(refused_at_connection(peer_at("192.0.2.9", "")) == "certificate");
  BOOST_TEST(refused_at_connection(peer_at("192.0.2.9", "mail.example")) == "certificate");
  BOOST_TEST(refused_at_connection(peer_at("192.0.2.9", "a.b.mail.example")) == "certificate");
  BOOST_TEST(refused_at_connection(peer_at("192.0.2.9", "a.mail.example", false)) == "certificate");
  BOOST_TEST(refused_at_connection(peer_at("198.51.100.1", "a.mail.example")) == "network");
  BOOST_TEST(refused_at_connection(peer_at("", "a.mail.example")) == "network");
}

BOOST_AUTO_TEST_CASE(envelope_and_from_must_both_be_ours) {
  const auto ours = mail::Address::parse("ann@clinic.example"), theirs = mail::Address::parse("ceo@other.example");
  BOOST_TEST(refused_at_headers("ann@clinic.example", ours) == "");
  BOOST_TEST(refused_at_headers("ann@other.example", ours) == "mail-from");
  BOOST_TEST(refused_at_headers("ann@clinic.example", theirs) == "from");
  BOOST_TEST(refused_at_headers("ann@clinic.example", fail(Errc::invalid, "two From fields")) == "from");
  BOOST_TEST(refused_at_headers("", ours) == "");
  BOOST_TEST(refused_at_headers("", theirs) == "from");
}

BOOST_AUTO_TEST_CASE(a_sub_domain_is_ours_only_where_it_says_so) {
  BOOST_TEST(refused_at_headers("a@labs.clinic.example", mail::Address::parse("a@x.labs.clinic.example")) == "");
  BOOST_TEST(refused_at_headers("a@hr.clinic.example", mail::Address::parse("a@clinic.example")) == "mail-from");
  BOOST_TEST(refused_at_headers("a@clinic.example", mail::Address::parse("a@clinic.example.evil.example")) == "from");
  BOOST_TEST(refused_at_headers("a@clinic.example", mail::Address::parse("a@xlabs.clinic.example")) == "from");
}

BOOST_AUTO_TEST_CASE(a_tenant_without_conditions_lets_nobody_in) {
  policy::Tenant open = clinic();
  open.bind = {};
  const mail::Origin origin = policy::candidates(peer_at("192.0.2.9", "a.mail.example"), {open});
  BOOST_TEST(std::holds_alternative<mail::Refused>(origin));
}

BOOST_AUTO_TEST_CASE(two_owners_prove_nothing) {
  policy::Tenant second = clinic();
  second.name = "second";
  const mail::Origin origin = policy::prove({{"clinic", "second"}}, mail::Address::parse("a@clinic.example").value(),
                                            mail::Address::parse("a@clinic.example"), {clinic(), second});
  BOOST_REQUIRE(std::holds_alternative<mail::Refused>(origin));
  BOOST_TEST(std::get<mail::Refused>(origin).condition == "ambiguous");
}

BOOST_AUTO_TEST_CASE(proof_names_every_condition_that_held) {
  const mail::Origin origin = policy::prove({{"clinic"}}, mail::Address::parse("a@clinic.example").value(),
                                            mail::Address::parse("a@clinic.example"), tenants);
  const std::vector<std::string> all = {"network", "certificate", "mail-from", "from"};
  BOOST_TEST(std::get<mail::Proven>(origin).conditions == all);
}

BOOST_AUTO_TEST_CASE(networks_are_read_strictly) {
  for (const char* bad :
       {"", "192.0.2.1/33", "192.0.2.1/24", "192.0.2/24", "::/129", "host.example", "192.0.2.0/", "192.0.2.0/2x"}) {
    BOOST_TEST(!policy::Network::parse(bad).has_value(), bad);
  }
  BOOST_TEST(policy::Network::parse("0.0.0.0/0")->contains("203.0.113.7"));
  BOOST_TEST(!policy::Network::parse("0.0.0.0/0")->contains("2001:db8::1"));
  BOOST_TEST(policy::Network::parse("192.0.2.128/25")->contains("192.0.2.200"));
  BOOST_TEST(!policy::Network::parse("192.0.2.128/25")->contains("192.0.2.100"));
  BOOST_TEST(policy::Network::parse("192.0.2.1")->contains("::ffff:192.0.2.1"));
}

}  // namespace
