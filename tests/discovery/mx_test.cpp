#include "discovery/mx.hpp"

#include <set>

#include <boost/test/unit_test.hpp>

#include "discovery/bounded.hpp"
#include "tests/discovery/scripted.hpp"

namespace postern::discovery {
namespace {

struct Fixture {
  TableResolver dns;
  CountingRandom random;
  std::vector<std::string> ours{"gw.clinic.example"};

  net::EgressPolicy egress = anywhere();

  MxAnswer find(const std::string& domain) {
    return run(find_mx(dns, *mail::Domain::parse(domain), ours, egress, random));
  }
  MxHosts hosts(const std::string& domain) {
    MxAnswer answer = find(domain);
    BOOST_REQUIRE(std::holds_alternative<MxHosts>(answer));
    return std::get<MxHosts>(std::move(answer));
  }
  static std::string names(const MxHosts& hosts) {
    std::string out;
    for (const MxHost& host : hosts.hosts)
      out += host.name + " ";
    return out;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(hosts_come_by_preference_with_their_addresses, Fixture) {
  dns.mx("lab.example", {{20, "b.lab.example"}, {10, "a.lab.example"}});
  dns.address("a.lab.example", "192.0.2.1");
  dns.address("a.lab.example", "2001:db8::1");
  dns.address("b.lab.example", "192.0.2.2");
  const MxHosts found = hosts("lab.example");
  BOOST_TEST(names(found) == "a.lab.example b.lab.example ");
  BOOST_TEST(found.hosts[0].addresses == (std::vector<std::string>{"2001:db8::1", "192.0.2.1"}),
             boost::test_tools::per_element());
  BOOST_TEST(found.hosts[0].failure.empty());
  BOOST_TEST(!found.implicit);
  BOOST_TEST(!found.secure);
  BOOST_TEST(mail::format_evidence(found.evidence.at(0)) ==
             "MX lab.example: 20 b.lab.example, 10 a.lab.example (insecure, 0 s, 127.0.0.1:53)");
  BOOST_REQUIRE(found.hosts[0].evidence.size() == 2U);
  BOOST_TEST(mail::format_evidence(found.hosts[0].evidence[1]) ==
             "A a.lab.example: 192.0.2.1 (insecure, 0 s, 127.0.0.1:53)");
}

BOOST_FIXTURE_TEST_CASE(equal_preferences_are_shuffled, Fixture) {
  dns.mx("lab.example", {{10, "a.example"}, {10, "b.example"}, {10, "c.example"}, {20, "last.example"}});
  std::set<std::string> orders;
  for (int i = 0; i < 200; ++i) {
    orders.insert(names(hosts("lab.example")));
    BOOST_TEST(hosts("lab.example").hosts.back().name == "last.example");
  }
  BOOST_TEST(orders.size() == 6U);
}

BOOST_FIXTURE_TEST_CASE(the_kinds_of_nothing_differ, Fixture) {
  dns.at("empty.example", RecordType::mx);
  dns.mx("null.example", {{0, ""}});
  dns.fails("broken.example", RecordType::mx);
  dns.fails("bogus.example", RecordType::mx, DnsStatus::bogus);
  BOOST_TEST(std::holds_alternative<NoSuchDomain>(find("nowhere.example")));
  BOOST_TEST(std::holds_alternative<NoSuchDomain>(find("empty.example")));
  BOOST_TEST(std::holds_alternative<NullMx>(find("null.example")));
  BOOST_TEST(std::holds_alternative<LookupFailed>(find("broken.example")));
  BOOST_TEST(std::holds_alternative<LookupFailed>(find("bogus.example")));
}

BOOST_FIXTURE_TEST_CASE(a_root_host_beside_real_ones_is_no_null_mx, Fixture) {
  dns.mx("lab.example", {{0, ""}, {10, "a.example"}});
  BOOST_TEST(names(hosts("lab.example")) == "a.example ");
}

BOOST_FIXTURE_TEST_CASE(without_mx_the_domain_itself_is_the_host, Fixture) {
  dns.at("lab.example", RecordType::mx);
  dns.address("lab.example", "192.0.2.1");
  const MxHosts found = hosts("lab.example");
  BOOST_TEST(names(found) == "lab.example ");
  BOOST_TEST(found.implicit);

  dns.at("half.example", RecordType::mx);
  dns.fails("half.example", RecordType::a);
  BOOST_TEST(std::holds_alternative<LookupFailed>(find("half.example")));
  dns.at("gw.clinic.example", RecordType::mx);
  dns.address("gw.clinic.example", "192.0.2.3");
  BOOST_TEST(std::holds_alternative<LoopsBack>(find("gw.clinic.example")));
}

BOOST_FIXTURE_TEST_CASE(from_our_own_preference_on_hosts_are_cut_off, Fixture) {
  dns.mx("lab.example", {{10, "a.example"}, {20, "gw.clinic.example"}, {20, "peer.example"}, {30, "backup.example"}});
  ours = {"GW.Clinic.Example."};
  BOOST_TEST(names(hosts("lab.example")) == "a.example ");
  dns.mx("own.example", {{10, "gw.clinic.example"}, {10, "peer.example"}, {20, "backup.example"}});
  BOOST_TEST(std::holds_alternative<LoopsBack>(find("own.example")));
}

BOOST_FIXTURE_TEST_CASE(a_host_without_address_says_why_and_the_others_are_still_there, Fixture) {
  dns.mx("lab.example", {{10, "192.0.2.9"}, {20, "gone.example"}, {30, "broken.example"}, {40, "half.example"}});
  dns.fails("broken.example", RecordType::a);
  dns.fails("half.example", RecordType::aaaa);
  dns.address("half.example", "192.0.2.4");
  const MxHosts found = hosts("lab.example");
  BOOST_REQUIRE(found.hosts.size() == 4U);
  BOOST_TEST(found.hosts[0].failure == "the MX record holds an address, not a name");
  BOOST_TEST(found.hosts[1].failure == "it has no address");
  BOOST_TEST(found.hosts[2].failure == "the look-up of its address failed: SERVFAIL");
  BOOST_TEST(found.hosts[3].failure.empty());
  BOOST_TEST(found.hosts[3].addresses.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(at_most_twenty_hosts_are_looked_at_and_each_once, Fixture) {
  std::vector<std::pair<std::uint16_t, std::string>> many;
  for (std::uint16_t i = 0; i < 100; ++i)
    many.emplace_back(i, "mx" + std::to_string(i / 2) + ".example");
  dns.mx("lab.example", many);
  const MxHosts found = hosts("lab.example");
  BOOST_TEST(found.hosts.size() == 20U);
  BOOST_TEST(found.hosts[1].name == "mx1.example");
  BOOST_TEST(dns.asked.size() == 41U);
}

BOOST_FIXTURE_TEST_CASE(many_slow_names_cost_no_more_than_the_patience_for_all_of_them, Fixture) {
  struct Slow final : Resolver {
    TableResolver& dns;
    FakeClock& clock;
    Slow(TableResolver& d, FakeClock& c) : dns(d), clock(c) {}
    net::awaitable<DnsAnswer> resolve(std::string name, RecordType type) override {
      clock.time += std::chrono::seconds(15);
      co_return co_await dns.resolve(std::move(name), type);
    }
  };
  std::vector<std::pair<std::uint16_t, std::string>> many;
  for (std::uint16_t i = 0; i < 20; ++i) {
    many.emplace_back(i, "mx" + std::to_string(i) + ".example");
    dns.address(many.back().second, "192.0.2.1");
  }
  dns.mx("lab.example", many);
  FakeClock clock;
  const Time begin = clock.now();
  Slow slow(dns, clock);
  BoundedResolver bounded(slow, clock, std::chrono::seconds(60));
  const auto found =
      std::get<MxHosts>(run(find_mx(bounded, *mail::Domain::parse("lab.example"), ours, egress, random)));
  BOOST_TEST((clock.now() - begin <= std::chrono::seconds(75)));
  BOOST_TEST(!found.hosts.at(0).addresses.empty());
  BOOST_TEST(found.hosts.at(19).failure ==
             "the look-up of its address failed: the look-ups of this domain take too long");
}

BOOST_FIXTURE_TEST_CASE(a_signed_mx_set_is_secure, Fixture) {
  dns.mx("lab.example", {{10, "a.example"}});
  dns.at("lab.example", RecordType::mx).status = DnsStatus::secure;
  BOOST_TEST(hosts("lab.example").secure);
}

BOOST_FIXTURE_TEST_CASE(the_addresses_of_a_host_are_as_secure_as_the_weaker_of_its_look_ups, Fixture) {
  dns.mx("lab.example", {{10, "a.example"}, {20, "b.example"}});
  for (const char* host : {"a.example", "b.example"}) {
    dns.address(host, "192.0.2.1");
    dns.address(host, "2001:db8::1");
    dns.at(host, RecordType::aaaa).status = DnsStatus::secure;
    dns.at(host, RecordType::a).status = DnsStatus::secure;
  }
  dns.at("b.example", RecordType::aaaa);  // insecure again
  const MxHosts found = hosts("lab.example");
  BOOST_TEST((found.hosts[0].status == DnsStatus::secure));
  BOOST_TEST((found.hosts[1].status == DnsStatus::insecure));
}

BOOST_FIXTURE_TEST_CASE(what_failed_and_what_is_not_there_keep_their_evidence, Fixture) {
  dns.fails("broken.example", RecordType::mx, DnsStatus::bogus);
  const auto failed = std::get<LookupFailed>(find("broken.example"));
  BOOST_TEST(mail::format_evidence(failed.evidence.at(0)) == "MX broken.example: SERVFAIL (bogus, 127.0.0.1:53)");
  BOOST_TEST(std::get<NoSuchDomain>(find("nowhere.example")).evidence.size() == 1U);
  dns.mx("null.example", {{0, ""}});
  BOOST_TEST(std::get<NullMx>(find("null.example")).evidence.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_address_literal_is_its_own_host, Fixture) {
  BOOST_TEST(hosts("[192.0.2.1]").hosts.at(0).addresses.at(0) == "192.0.2.1");
  BOOST_TEST(hosts("[IPv6:2001:db8::1]").hosts.at(0).addresses.at(0) == "2001:db8::1");
  BOOST_TEST(dns.asked.empty());
}

/// The world: public addresses, and one network inside that is listed.
struct Inside : Fixture {
  Inside() {
    egress.listed = [](const std::string& address) { return address.starts_with("10.1.1."); };
  }
  static bool tells(const std::vector<mail::Evidence>& evidence, const std::string& what) {
    return std::ranges::any_of(evidence, [&](const mail::Evidence& one) { return mail::format_evidence(one) == what; });
  }
};

BOOST_FIXTURE_TEST_CASE(a_domain_whose_hosts_are_all_off_limits_has_no_host_and_says_which_address, Inside) {
  dns.mx("trap.example", {{10, "a.trap.example"}, {20, "b.trap.example"}, {30, "c.trap.example"}});
  dns.address("a.trap.example", "10.0.0.1");
  dns.address("a.trap.example", "169.254.169.254");
  dns.address("b.trap.example", "::ffff:127.0.0.1");
  const auto none = std::get<AllOffLimits>(find("trap.example"));
  BOOST_TEST(none.reason == "a.trap.example: its address " +
                                std::string(none.reason.contains("10.0.0.1") ? "10.0.0.1" : "169.254.169.254") +
                                " is not public, and discovery.egress does not list it");
  BOOST_TEST(tells(none.evidence,
                   "discovery.egress: does not list ::ffff:127.0.0.1 of b.trap.example, which is not "
                   "public (configuration)"));
  BOOST_TEST(std::ranges::any_of(none.evidence, [](const mail::Evidence& one) {
    return mail::format_evidence(one).contains("of a.trap.example, which is not public, nor 1 more of its addresses");
  }));
}

BOOST_FIXTURE_TEST_CASE(what_is_off_limits_is_left_out_and_the_rest_is_in_its_order, Inside) {
  dns.mx("lab.example", {{10, "inside.example"}, {20, "both.example"}, {30, "listed.example"}});
  dns.address("inside.example", "127.0.0.1");
  dns.address("both.example", "192.168.0.1");
  dns.address("both.example", "1.1.1.1");
  dns.address("listed.example", "10.1.1.9");
  const MxHosts found = hosts("lab.example");
  BOOST_TEST(names(found) == "both.example listed.example ");
  BOOST_TEST(found.hosts[0].addresses == std::vector<std::string>{"1.1.1.1"}, boost::test_tools::per_element());
  BOOST_TEST(tells(found.hosts[0].evidence,
                   "discovery.egress: does not list 192.168.0.1 of both.example, which is not public (configuration)"));
  BOOST_TEST_REQUIRE(found.off_limits.size() == 1U);
  BOOST_TEST(found.off_limits[0].failure ==
             "its address 127.0.0.1 is not public, and discovery.egress does not list it");
  BOOST_TEST(tells(found.evidence, "A inside.example: 127.0.0.1 (insecure, 0 s, 127.0.0.1:53)"));
}

BOOST_FIXTURE_TEST_CASE(while_a_look_up_failed_nobody_knows_that_all_are_off_limits, Inside) {
  dns.mx("lab.example", {{10, "inside.example"}});
  dns.address("inside.example", "127.0.0.1");
  dns.fails("inside.example", RecordType::aaaa);
  const MxHosts found = hosts("lab.example");
  BOOST_TEST(names(found) == "inside.example ");
  BOOST_TEST(found.hosts[0].addresses.empty());
}

BOOST_FIXTURE_TEST_CASE(the_domain_itself_and_address_literals_are_held_to_it_too, Inside) {
  dns.at("self.example", RecordType::mx);
  dns.address("self.example", "127.0.0.1");
  BOOST_TEST(std::holds_alternative<AllOffLimits>(find("self.example")));
  BOOST_TEST(std::holds_alternative<AllOffLimits>(find("[127.0.0.1]")));
  BOOST_TEST(std::holds_alternative<AllOffLimits>(find("[IPv6:::ffff:10.0.0.1]")));
  BOOST_TEST(std::holds_alternative<MxHosts>(find("[10.1.1.1]")));
}

BOOST_FIXTURE_TEST_CASE(hosts_without_any_address_are_not_off_limits, Inside) {
  dns.mx("gone.example", {{10, "nowhere.example"}});
  BOOST_TEST(names(hosts("gone.example")) == "nowhere.example ");
}

}  // namespace postern::discovery
