// Only your tenant relays: what a stranger may try, and the condition that stops it.
#include "policy/tenant.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace postern;

policy::Tenant clinic() {
  policy::Tenant tenant;
  tenant.name = "clinic";
  tenant.domains = {"clinic.example", ".labs.clinic.example"};
  tenant.bind.networks = {*Network::parse("192.0.2.0/24"), *Network::parse("2001:db8::/32")};
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

mail::Origin proof_of(const std::string& envelope, const std::string& headers,
                      const std::vector<policy::Tenant>& of = tenants) {
  const mail::ReversePath path = envelope.empty() ? mail::ReversePath() : *mail::Address::parse(envelope);
  mail::Candidates all;
  for (const policy::Tenant& tenant : of)
    all.tenants.push_back(tenant.name);
  return policy::prove(all, {peer_at("192.0.2.9", "a.mail.example"), path, mail::HeaderView(headers)}, of);
}

std::string refusal_in(const mail::Origin& origin) {
  const auto* refused = std::get_if<mail::Refused>(&origin);
  return refused != nullptr ? refused->condition : "";
}

std::string refused_at_headers(const std::string& envelope, const std::string& from) {
  return refusal_in(proof_of(envelope, "From: " + from + "\r\n"));
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

BOOST_AUTO_TEST_CASE(
    an_authority_of_the_tenant_s_own_is_required_beside_the_name_and_takes_the_place_of_the_listener_s) {
  policy::Tenant own = clinic();
  own.bind.ca = "file:own.pem";
  const auto refused = [&](const std::string& name, bool trusted, std::set<std::string> vouched_by) {
    mail::Peer peer = peer_at("192.0.2.9", name, trusted);
    peer.tls.vouched_by = std::move(vouched_by);
    return refusal_in(policy::candidates(peer, {own}));
  };
  BOOST_TEST(refused("a.mail.example", false, {"file:own.pem"}) == "");
  BOOST_TEST(refused("a.mail.example", true, {"file:own.pem", "file:other.pem"}) == "");
  BOOST_TEST(refused("a.mail.example", true, {}) == "ca");
  BOOST_TEST(refused("a.mail.example", true, {"file:other.pem"}) == "ca");
  BOOST_TEST(refused("a.mail.example", false, {"file:other.pem"}) == "certificate");
  BOOST_TEST(refused("other.example", false, {"file:own.pem"}) == "certificate");
  BOOST_TEST(refused("", false, {}) == "certificate");

  own.bind.mode = policy::BindMode::monitor;
  BOOST_TEST(refused("a.mail.example", true, {}) == "");
  own.bind.networks.clear();  // somebody's connection it must be
  BOOST_TEST(refused("a.mail.example", true, {}) == "ca");
}

BOOST_AUTO_TEST_CASE(envelope_and_from_must_both_be_ours) {
  const std::string ours = "ann@clinic.example", theirs = "ceo@other.example";
  BOOST_TEST(refused_at_headers("ann@clinic.example", ours) == "");
  BOOST_TEST(refused_at_headers("ann@other.example", ours) == "mail-from");
  BOOST_TEST(refused_at_headers("ann@clinic.example", theirs) == "from");
  BOOST_TEST(refused_at_headers("ann@clinic.example", ours + "\r\nFrom: " + ours) == "from");
  BOOST_TEST(refused_at_headers("", ours) == "");
  BOOST_TEST(refused_at_headers("", theirs) == "from");
}

BOOST_AUTO_TEST_CASE(a_sub_domain_is_ours_only_where_it_says_so) {
  BOOST_TEST(refused_at_headers("a@labs.clinic.example", "a@x.labs.clinic.example") == "");
  BOOST_TEST(refused_at_headers("a@hr.clinic.example", "a@clinic.example") == "mail-from");
  BOOST_TEST(refused_at_headers("a@clinic.example", "a@clinic.example.evil.example") == "from");
  BOOST_TEST(refused_at_headers("a@clinic.example", "a@xlabs.clinic.example") == "from");
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
  BOOST_TEST(refusal_in(proof_of("a@clinic.example", "From: a@clinic.example\r\n", {clinic(), second})) == "ambiguous");
}

BOOST_AUTO_TEST_CASE(proof_names_every_condition_that_held) {
  const mail::Origin origin = proof_of("a@clinic.example", "From: a@clinic.example\r\n");
  const std::vector<std::string> all = {"network", "certificate", "mail-from", "from"};
  BOOST_TEST(std::get<mail::Proven>(origin).conditions == all);
}

constexpr const char* guid = "3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81";

/// All header conditions, with two values of the secret.
policy::Tenant bound() {
  policy::Tenant tenant = clinic();
  tenant.bind.originator_org = {"clinic.example"};
  tenant.bind.tenant_ids = {guid};
  const auto secret = [](std::string_view text) {
    return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  };
  tenant.bind.secret = policy::SecretHeader{"X-Clinic-Key", {secret("the-present-value"), secret("the-value-to-come")}};
  return tenant;
}
const std::string org_says = "X-OriginatorOrg: clinic.example\r\n",
                  id_says = "X-MS-Exchange-CrossTenant-Id: " + std::string(guid) + "\r\n",
                  secret_says = "X-Clinic-Key: the-present-value\r\n", from_ann = "From: ann@clinic.example\r\n";

std::string refused_with(const std::string& headers) {
  return refusal_in(proof_of("ann@clinic.example", from_ann + headers, {bound()}));
}

BOOST_AUTO_TEST_CASE(every_header_condition_is_required_beside_the_others) {
  BOOST_TEST(refused_with(org_says + id_says + secret_says) == "");
  BOOST_TEST(refused_with(id_says + secret_says) == "originator-org");
  BOOST_TEST(refused_with(org_says + secret_says) == "tenant-id");
  BOOST_TEST(refused_with(org_says + id_says) == "secret");
  BOOST_TEST(refused_with(org_says + id_says + "X-Clinic-Key: the-value-to-come\r\n") == "");
  BOOST_TEST(refused_with(org_says + id_says + "X-Clinic-Key: the-present-valuE\r\n") == "secret");
  BOOST_TEST(refused_with(org_says + id_says + "X-Clinic-Key: the-present-value-\r\n") == "secret");
  BOOST_TEST(refused_with(org_says + id_says + "X-Clinic-Key:\r\n") == "secret");
}

BOOST_AUTO_TEST_CASE(a_secret_without_values_never_holds) {
  policy::Tenant tenant = bound();
  tenant.bind.secret->values.clear();
  const std::string headers = from_ann + org_says + id_says;
  BOOST_TEST(refusal_in(proof_of("a@clinic.example", headers + "X-Clinic-Key: \r\n", {tenant})) == "secret");
  tenant.bind.secret->values = {Secret()};
  BOOST_TEST(refusal_in(proof_of("a@clinic.example", headers + "X-Clinic-Key: \r\n", {tenant})) == "secret");
}

BOOST_AUTO_TEST_CASE(monitoring_records_what_exchange_must_be_taught_and_requires_the_rest) {
  policy::Tenant tenant = bound();
  tenant.bind.mode = policy::BindMode::monitor;
  const mail::Origin origin = proof_of("ann@clinic.example", from_ann + org_says, {tenant});
  BOOST_REQUIRE(std::holds_alternative<mail::Proven>(origin));
  const std::vector<std::string> recorded = {
      "network",   "certificate", "originator-org", "tenant-id (failed, monitor)", "secret (failed, monitor)",
      "mail-from", "from"};
  BOOST_TEST(std::get<mail::Proven>(origin).conditions == recorded, boost::test_tools::per_element());

  BOOST_TEST(refusal_in(proof_of("ann@clinic.example", "From: ceo@other.example\r\n", {tenant})) == "from");
  BOOST_TEST(std::holds_alternative<mail::Candidates>(policy::candidates(peer_at("192.0.2.9", ""), {tenant})));
  BOOST_TEST(std::holds_alternative<mail::Refused>(policy::candidates(peer_at("198.51.100.1", ""), {tenant})));
  tenant.bind.networks.clear();
  BOOST_TEST(std::holds_alternative<mail::Refused>(policy::candidates(peer_at("192.0.2.9", ""), {tenant})));
}

mail::MailClass class_of(const policy::Tenant& tenant, const std::string& envelope, const std::string& headers) {
  const mail::Origin origin = proof_of(envelope, headers, {tenant});
  BOOST_TEST_REQUIRE(std::holds_alternative<mail::Proven>(origin), refusal_in(origin));
  return std::get<mail::Proven>(origin).mail_class;
}

BOOST_AUTO_TEST_CASE(each_class_of_mail_has_the_outcome_that_its_tenant_declares) {
  using mail::MailClass;
  const std::string proofs = org_says + id_says + secret_says, foreign = "From: ceo@other.example\r\n" + proofs,
                    internet = from_ann + "X-MS-Exchange-CrossTenant-FromEntityHeader: Internet\r\n" + proofs,
                    journal = from_ann + "X-MS-Journal-Report:\r\n" + proofs;
  policy::Tenant tenant = bound();
  BOOST_TEST((class_of(tenant, "ann@clinic.example", from_ann + proofs) == MailClass::own));
  BOOST_TEST((class_of(tenant, "", from_ann + proofs) == MailClass::null_sender));
  BOOST_TEST(refusal_in(proof_of("", from_ann, {tenant})) == "originator-org");  // a report proves its tenant, too
  BOOST_TEST(refusal_in(proof_of("ann@clinic.example", foreign, {tenant})) == "forwarded");
  BOOST_TEST(refusal_in(proof_of("ann@clinic.example", internet, {tenant})) == "forwarded");
  BOOST_TEST(refusal_in(proof_of("ann@clinic.example", journal, {tenant})) == "journal");

  tenant.classes = {policy::Treatment::refuse, policy::Treatment::relay, policy::Treatment::relay};
  BOOST_TEST(refusal_in(proof_of("", from_ann + proofs, {tenant})) == "null-sender");
  BOOST_TEST((class_of(tenant, "ann@clinic.example", foreign) == MailClass::forwarded));
  BOOST_TEST((class_of(tenant, "ann@clinic.example", internet) == MailClass::forwarded));
  BOOST_TEST((class_of(tenant, "ann@clinic.example", journal) == MailClass::journal));
  // Forwarding is proven, never assumed: without its headers it is a stranger's mail, and a report cannot be forwarded.
  BOOST_TEST(refusal_in(proof_of("ann@clinic.example", "From: ceo@other.example\r\n" + org_says, {tenant})) == "from");
  BOOST_TEST(refusal_in(proof_of("", foreign, {tenant})) == "from");
}

BOOST_AUTO_TEST_CASE(nobody_forwards_what_shows_another_tenant_of_this_gateway) {
  policy::Tenant forwarding = bound(), second;
  forwarding.classes.forwarded = policy::Treatment::relay;
  second.name = "second";
  second.domains = {"other.example"};
  const std::string headers = "From: ceo@other.example\r\n" + org_says + id_says + secret_says;
  BOOST_TEST(refusal_in(proof_of("ann@clinic.example", headers, {forwarding})) == "");
  const auto both = {forwarding, second};
  BOOST_TEST(refusal_in(policy::prove({{"clinic"}},
                                      {peer_at("192.0.2.9", "a.mail.example"),
                                       *mail::Address::parse("a@clinic.example"), mail::HeaderView(headers)},
                                      both)) == "from");
}

BOOST_AUTO_TEST_CASE(the_log_names_whose_mail_it_would_have_been) {
  const mail::Origin origin = proof_of("ann@clinic.example", from_ann, {bound()});
  BOOST_TEST(std::get<mail::Refused>(origin).tenant == "clinic");
}

BOOST_AUTO_TEST_CASE(networks_are_read_strictly) {
  for (const char* bad :
       {"", "192.0.2.1/33", "192.0.2.1/24", "192.0.2/24", "::/129", "host.example", "192.0.2.0/", "192.0.2.0/2x"}) {
    BOOST_TEST(!Network::parse(bad).has_value(), bad);
  }
  BOOST_TEST(Network::parse("0.0.0.0/0")->contains("203.0.113.7"));
  BOOST_TEST(!Network::parse("0.0.0.0/0")->contains("2001:db8::1"));
  BOOST_TEST(Network::parse("192.0.2.128/25")->contains("192.0.2.200"));
  BOOST_TEST(!Network::parse("192.0.2.128/25")->contains("192.0.2.100"));
  BOOST_TEST(Network::parse("192.0.2.1")->contains("::ffff:192.0.2.1"));
}

}  // namespace
