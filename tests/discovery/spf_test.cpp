// Networks of SPF records (RFC 7208): all that was published or an error, and never a list that nobody wrote.
#include "discovery/spf.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/discovery/scripted.hpp"

namespace {

using namespace postern;
using namespace postern::discovery;
using Texts = std::vector<std::string>;

SpfRecord read(const std::string& text) {
  auto record = parse_spf(text);
  BOOST_TEST_REQUIRE(record.has_value(), text);
  return record.value_or(SpfRecord{});
}

BOOST_AUTO_TEST_SUITE(spf)

BOOST_AUTO_TEST_CASE(networks_includes_and_a_redirect_are_read) {
  const SpfRecord record = read(
      "v=spf1 ip4:192.0.2.0/24 +IP4:198.51.100.7 ip6:2001:DB8::/32 include:Spf.Example. include:b_c.example "
      "exp=why.%{d} x-odd=1");
  BOOST_TEST(record.networks == (Texts{"192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32"}),
             boost::test_tools::per_element());
  BOOST_TEST(record.includes == (Texts{"spf.example", "b_c.example"}), boost::test_tools::per_element());
  BOOST_TEST(record.redirect == "");
  BOOST_TEST(read("V=SPF1 redirect=r.example").redirect == "r.example");
  BOOST_TEST(read("v=spf1").networks.empty());
}

BOOST_AUTO_TEST_CASE(bits_behind_a_prefix_mean_nothing) {
  BOOST_TEST(read("v=spf1 ip4:192.0.2.77/24").networks.at(0) == "192.0.2.0/24");
  BOOST_TEST(read("v=spf1 ip4:192.0.2.255/30").networks.at(0) == "192.0.2.252/30");
  BOOST_TEST(read("v=spf1 ip6:2001:db8:ffff::1/33").networks.at(0) == "2001:db8:8000::/33");
}

BOOST_AUTO_TEST_CASE(behind_all_nothing_counts) {
  for (const char* all : {"-all", "~all", "?all", "-ALL"}) {
    const SpfRecord record =
        read("v=spf1 ip4:192.0.2.0/24 redirect=r.example " + std::string(all) + " ip4:203.0.113.0/24 ptr");
    BOOST_TEST(record.networks == Texts{"192.0.2.0/24"}, boost::test_tools::per_element());
    BOOST_TEST(record.redirect == "");
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_plain_network_spoils_the_record) {
  for (const char* term : {"all",
                           "+all",
                           "a",
                           "a:x.example",
                           "a/24",
                           "mx",
                           "mx//64",
                           "ptr",
                           "ptr:x.example",
                           "exists:%{i}.x.example",
                           "include:%{d}.example",
                           "include:",
                           "include:a..b",
                           "include:.a",
                           "include:a/b",
                           "redirect=",
                           "redirect=%{d}",
                           "-ip4:192.0.2.0/24",
                           "~include:x.example",
                           "?ip6:2001:db8::/32",
                           "ip4:0.0.0.0/0",
                           "ip4:10.0.0.0/7",
                           "ip6:::/0",
                           "ip6:2000::/3",
                           "ip4:192.0.2",
                           "ip4:192.0.2.0/33",
                           "ip4:192.0.2.0/",
                           "ip4:192.0.2.0/024",
                           "ip4:192.0.2.0/+24",
                           "ip4:2001:db8::/32",
                           "ip6:192.0.2.0/24",
                           "ip6:2001:db8::/129",
                           "ip4:",
                           "nonsense",
                           "ip4:192.0.2.0/24\t",
                           "redirect=a.example redirect=b.example"}) {
    BOOST_TEST(!parse_spf("v=spf1 ip4:192.0.2.0/24 " + std::string(term) + " -all").has_value(), term);
  }
  for (const char* none :
       {"", "v=spf", "v=spf10 ip4:192.0.2.0/24", "v=spf1,ip4:192.0.2.0/24", "spf2.0/pra ip4:192.0.2.0/24"})
    BOOST_TEST(!parse_spf(none).has_value(), none);
}

BOOST_AUTO_TEST_CASE(a_domain_has_one_record_or_none_that_counts) {
  BOOST_TEST(parse_spf_records({"MS=ms1", "v=spf1 ip4:192.0.2.0/24 -all", "v=DKIM1"}).has_value());
  BOOST_TEST(!parse_spf_records({}).has_value());
  BOOST_TEST(!parse_spf_records({"MS=ms1"}).has_value());
  BOOST_TEST(!parse_spf_records({"v=spf1 ip4:192.0.2.0/24", "v=spf1 ip4:198.51.100.0/24"}).has_value());
}

struct Published {
  TableResolver resolver;
  void record(const std::string& name, const std::string& text, std::uint32_t ttl = 600) {
    DnsAnswer& answer = resolver.at(name, RecordType::txt);
    answer.records.push_back({RecordType::txt, ttl, 0, text});
    answer.ttl = ttl;
  }
  Result<SpfNetworks> find(const std::string& name = "spf.example") { return run(find_spf_networks(resolver, name)); }
};

BOOST_FIXTURE_TEST_CASE(included_and_redirected_records_are_one_list_of_the_least_ttl, Published) {
  record("spf.example", "v=spf1 include:a.example include:b.example redirect=c.example", 900);
  record("a.example", "v=spf1 ip4:192.0.2.0/24 -all", 300);
  record("b.example", "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 ?all", 3600);
  record("c.example", "v=spf1 ip6:2001:db8::/32 -all");
  const auto found = find();
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->networks == (Texts{"192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"}),
             boost::test_tools::per_element());
  BOOST_TEST(found->ttl == 300U);
}

BOOST_FIXTURE_TEST_CASE(one_answer_that_fails_or_is_void_is_no_shorter_list, Published) {
  record("spf.example", "v=spf1 ip4:203.0.113.0/24 include:a.example include:b.example -all");
  record("a.example", "v=spf1 ip4:192.0.2.0/24 -all");
  BOOST_TEST(!find().has_value());  // b.example does not exist
  resolver.fails("b.example", RecordType::txt);
  BOOST_TEST(!find().has_value());
  resolver.fails("b.example", RecordType::txt, DnsStatus::bogus);
  BOOST_TEST(!find().has_value());
  resolver.table.erase({"b.example", RecordType::txt});
  record("b.example", "MS=ms1");
  BOOST_TEST(!find().has_value());
  record("b.example", "v=spf1 -all");
  BOOST_TEST(find().has_value());
  BOOST_TEST(!find("b.example").has_value());  // no network at all
}

BOOST_FIXTURE_TEST_CASE(ten_look_ups_beside_the_first_and_no_circle, Published) {
  for (int i = 0; i < 12; ++i)
    record("r" + std::to_string(i) + ".example",
           "v=spf1 ip4:192.0.2." + std::to_string(i) + " include:r" + std::to_string(i + 1) + ".example -all");
  record("r12.example", "v=spf1 ip4:192.0.2.12 -all");
  BOOST_TEST(find("r2.example").has_value());
  BOOST_TEST(!find("r1.example").has_value());
  record("circle.example", "v=spf1 ip4:192.0.2.0/24 include:circle.example -all");
  resolver.asked.clear();
  BOOST_TEST(!find("circle.example").has_value());
  BOOST_TEST(resolver.asked.size() == 11U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
