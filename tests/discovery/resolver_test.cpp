#include <boost/test/unit_test.hpp>

#include "discovery/wire.hpp"
#include "tests/discovery/scripted.hpp"

namespace postern::discovery {
namespace {

const std::string soa = "example. 900 IN SOA ns.example. root.example. 1 2 3 4 60";

struct Fixture {
  ScriptedUdp udp;
  ScriptedTcp tcp;
  FakeClock clock;
  CountingRandom random;
  ResolverOptions options;
  std::unique_ptr<Resolver> made;

  DnsAnswer ask(const std::string& name, RecordType type) {
    if (!made) made = make_resolver(options, udp, tcp, clock, random);
    return run(made->resolve(name, type));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(records_come_back_lower_case_and_without_the_final_dot, Fixture) {
  udp.answer({.answer = {"Clinic.example. 300 IN MX 10 MX1.clinic.example.", "clinic.example. 200 IN MX 0 ."}});
  const DnsAnswer answer = ask("CLINIC.example.", RecordType::mx);
  BOOST_TEST((answer.status == DnsStatus::insecure));
  BOOST_TEST(answer.name_exists);
  BOOST_REQUIRE(answer.records.size() == 2U);
  BOOST_TEST(answer.records[0].value == "mx1.clinic.example");
  BOOST_TEST(answer.records[0].preference == 10U);
  BOOST_TEST(answer.records[1].value == "");
  BOOST_TEST(answer.ttl == 200U);
}

BOOST_FIXTURE_TEST_CASE(each_type_has_its_value, Fixture) {
  udp.answer({.answer = {"a.example. 1 IN A 192.0.2.7"}});
  BOOST_TEST(ask("a.example", RecordType::a).records.at(0).value == "192.0.2.7");
  udp.answer({.answer = {"a.example. 1 IN AAAA 2001:DB8::7"}});
  BOOST_TEST(ask("a.example", RecordType::aaaa).records.at(0).value == "2001:db8::7");
  udp.answer({.answer = {"a.example. 1 IN TXT \"v=STSv1; \" \"id=1;\""}});
  BOOST_TEST(ask("a.example", RecordType::txt).records.at(0).value == "v=STSv1; id=1;");
  udp.answer({.answer = {"_25._tcp.a.example. 1 IN TLSA 3 1 1 "
                         "AB00000000000000000000000000000000000000000000000000000000000000"}});
  BOOST_TEST(ask("_25._tcp.a.example", RecordType::tlsa).records.at(0).value.starts_with("3 1 1 ab00"));
}

BOOST_FIXTURE_TEST_CASE(aliases_are_followed_and_their_loops_fail, Fixture) {
  udp.answer({.answer = {"b.example. 5 IN A 192.0.2.1", "a.example. 300 IN CNAME b.example.",
                         "other.example. 300 IN A 192.0.2.66"}});
  const DnsAnswer answer = ask("a.example", RecordType::a);
  BOOST_REQUIRE(answer.records.size() == 1U);
  BOOST_TEST(answer.records[0].value == "192.0.2.1");
  BOOST_TEST(answer.ttl == 5U);
  BOOST_TEST(answer.canonical == "b.example");
  for (int i = 0; i < 3; ++i) {
    udp.answer({.answer = {"c.example. 5 IN CNAME d.example.", "d.example. 5 IN CNAME c.example."}});
  }
  BOOST_TEST((ask("c.example", RecordType::a).status == DnsStatus::failed));
}

// RFC 7672 §2.1.1: one unsigned link makes all that follows insecure. The AD bit speaks for the whole answer.
BOOST_FIXTURE_TEST_CASE(a_chain_of_aliases_is_as_secure_as_its_weakest_link, Fixture) {
  options.trust_ad = true;
  const std::vector<std::string> chain = {"a.example. 300 IN CNAME b.other.", "b.other. 300 IN A 192.0.2.1"};
  udp.answer({.answer = chain});
  BOOST_TEST((ask("a.example", RecordType::a).status == DnsStatus::insecure));
  udp.answer({.answer = {chain[0]}, .authenticated = true});
  const DnsAnswer alias = ask("a.example", RecordType::cname);
  BOOST_TEST((alias.status == DnsStatus::secure));
  BOOST_TEST(alias.records.at(0).value == "b.other");
}

BOOST_FIXTURE_TEST_CASE(an_answer_is_evidence_with_all_that_is_known_of_it, Fixture) {
  options.trust_ad = true;
  options.address = {"127.0.0.53", 53};
  udp.answer(
      {.answer = {"a.example. 300 IN CNAME b.example.", "b.example. 200 IN A 192.0.2.1"}, .authenticated = true});
  const mail::DnsEvidence known = evidence_of("a.example", RecordType::a, ask("a.example", RecordType::a));
  const mail::DnsEvidence expected{"a.example",     "A",        DnsStatus::secure, "192.0.2.1 at b.example", 200,
                                   "127.0.0.53:53", clock.now()};
  BOOST_TEST((known == expected));
  clock.time += Duration(100'000);  // from the cache: when it was learnt, and how long it still holds
  const mail::DnsEvidence later = evidence_of("a.example", RecordType::a, ask("a.example", RecordType::a));
  BOOST_TEST(later.ttl == 100U);
  BOOST_TEST((later.at == expected.at));
  BOOST_TEST(udp.queries.size() == 1U);
  udp.answer({.code = 2, .extended_error = 7});
  BOOST_TEST(mail::format_evidence(evidence_of("c.example", RecordType::mx, ask("c.example", RecordType::mx))) ==
             "MX c.example: SERVFAIL (extended error 7) (bogus, 127.0.0.53:53)");
}

BOOST_FIXTURE_TEST_CASE(no_such_name_and_no_such_record_differ, Fixture) {
  udp.answer({.authority = {soa}, .code = 3});
  const DnsAnswer no_name = ask("none.example", RecordType::mx);
  BOOST_TEST((no_name.status == DnsStatus::insecure));
  BOOST_TEST(!no_name.name_exists);
  BOOST_TEST(no_name.ttl == 60U);
  udp.answer({.authority = {soa}});
  const DnsAnswer no_record = ask("bare.example", RecordType::mx);
  BOOST_TEST(no_record.name_exists);
  BOOST_TEST(no_record.records.empty());
}

BOOST_FIXTURE_TEST_CASE(the_ad_bit_counts_only_where_it_is_trusted, Fixture) {
  udp.answer({.answer = {"a.example. 9 IN A 192.0.2.1"}, .authenticated = true});
  BOOST_TEST((ask("a.example", RecordType::a).status == DnsStatus::insecure));
  BOOST_TEST(!parse_question(udp.queries.at(0)).dnssec_ok);
  BOOST_TEST(parse_question(udp.queries.at(0)).udp_size == 1232U);

  options.trust_ad = true;
  made.reset();
  udp.answer({.answer = {"a.example. 9 IN A 192.0.2.1"}, .authenticated = true});
  BOOST_TEST((ask("a.example", RecordType::a).status == DnsStatus::secure));
  BOOST_TEST(parse_question(udp.queries.at(1)).dnssec_ok);
  BOOST_TEST(parse_question(udp.queries.at(1)).ad);
  udp.answer({.answer = {"b.example. 9 IN A 192.0.2.1"}});
  BOOST_TEST((ask("b.example", RecordType::a).status == DnsStatus::insecure));
}

BOOST_FIXTURE_TEST_CASE(a_refusing_resolver_is_a_failed_look_up_never_an_empty_answer, Fixture) {
  udp.answer({.code = 2});
  const DnsAnswer plain = ask("a.example", RecordType::mx);
  BOOST_TEST((plain.status == DnsStatus::failed));
  BOOST_TEST(plain.reason == "SERVFAIL");
  udp.answer({.code = 2, .extended_error = 22});
  BOOST_TEST(ask("a.example", RecordType::mx).reason == "SERVFAIL (extended error 22)");
  udp.answer({.code = 2, .extended_error = 6});
  BOOST_TEST((ask("a.example", RecordType::mx).status == DnsStatus::bogus));
  udp.answer({.code = 5});
  BOOST_TEST(ask("a.example", RecordType::mx).reason == "REFUSED");
}

BOOST_FIXTURE_TEST_CASE(silence_is_asked_again_with_another_id_and_then_failed, Fixture) {
  const DnsAnswer answer = ask("a.example", RecordType::a);
  BOOST_TEST((answer.status == DnsStatus::failed));
  BOOST_TEST(answer.reason == "no answer within 5.0 s");
  BOOST_REQUIRE(udp.queries.size() == 3U);
  BOOST_TEST(udp.queries[0].substr(0, 2) != udp.queries[1].substr(0, 2));

  udp.replies.emplace_back([](std::string_view) -> std::string { throw net::Broken("unreachable"); });
  udp.answer({.answer = {"b.example. 1 IN A 192.0.2.1"}});
  BOOST_TEST(ask("b.example", RecordType::a).records.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(answers_to_another_question_are_not_taken, Fixture) {
  const auto good = [](std::string_view query) {
    return answer_to(query, {.answer = {"a.example. 1 IN A 192.0.2.66"}});
  };
  udp.replies.emplace_back([good](std::string_view query) {
    std::string bytes = good(query);
    bytes[0] ^= 1;
    return bytes;
  });
  udp.replies.emplace_back([good](std::string_view query) {
    std::string bytes = good(query);
    bytes[13] = 'z';  // the first letter of the question
    return bytes;
  });
  udp.replies.emplace_back([](std::string_view query) { return std::string(query); });  // our own question back
  BOOST_TEST((ask("a.example", RecordType::a).status == DnsStatus::failed));
}

BOOST_FIXTURE_TEST_CASE(a_cut_answer_is_asked_for_over_tcp, Fixture) {
  udp.answer({.truncated = true});
  tcp.reply = [](std::string_view query) {
    PacketParts parts;
    for (int i = 0; i < 200; ++i) {
      parts.answer.push_back("a.example. 1 IN TXT \"" + std::string(200, 'x') + std::to_string(i) + "\"");
    }
    return answer_to(query, parts);
  };
  tcp.piece = 100;
  BOOST_TEST(ask("a.example", RecordType::txt).records.size() == 200U);
  BOOST_TEST(tcp.dialled == 1U);

  for (int i = 0; i < 3; ++i)
    udp.answer({.truncated = true});
  tcp.reply = nullptr;
  BOOST_TEST((ask("b.example", RecordType::txt).status == DnsStatus::failed));
}

BOOST_FIXTURE_TEST_CASE(damaged_answers_fail_and_harm_nothing, Fixture) {
  const auto query = encode_query("a.example", RecordType::mx, 7, true);
  const std::string whole = answer_to(*query, {.answer = {"a.example. 9 IN MX 1 mx.a.example."}, .authority = {soa}});
  for (std::size_t n = 0; n < whole.size(); ++n) {
    (void)decode_answer(whole.substr(0, n), "a.example", RecordType::mx);
    (void)answers_query(*query, whole.substr(0, n));
    for (const int byte : {0x00, 0xc0, 0xff, 0x0c, 0x3f}) {
      std::string damaged = whole;
      damaged[n] = static_cast<char>(byte);
      (void)decode_answer(damaged, "a.example", RecordType::mx);
      (void)answers_query(*query, damaged);
    }
  }
  std::string loop = whole.substr(0, query->size() - 11);  // header and question, then a name that is itself
  loop += std::string("\xc0", 1) + static_cast<char>(loop.size()) +
          std::string("\0\x0f\0\x01\0\0\0\x09\0\x04\0\x01\xc0\x0c", 14);
  BOOST_TEST(!decode_answer(loop, "a.example", RecordType::mx).has_value());
}

BOOST_FIXTURE_TEST_CASE(answers_are_kept_for_their_time_and_failures_are_not, Fixture) {
  udp.answer({.answer = {"a.example. 30 IN A 192.0.2.1"}});
  BOOST_TEST(ask("a.example", RecordType::a).records.size() == 1U);
  clock.time += std::chrono::seconds(29);
  const DnsAnswer kept = ask("A.example", RecordType::a);
  BOOST_TEST(kept.ttl == 1U);
  BOOST_TEST(udp.queries.size() == 1U);
  clock.time += std::chrono::seconds(1);
  udp.answer({.code = 2});
  BOOST_TEST((ask("a.example", RecordType::a).status == DnsStatus::failed));
  udp.answer({.authority = {soa}, .code = 3});
  BOOST_TEST(!ask("a.example", RecordType::a).name_exists);
  BOOST_TEST(!ask("a.example", RecordType::a).name_exists);
  BOOST_TEST(udp.queries.size() == 3U);
  clock.time += std::chrono::seconds(60);
  udp.answer({.answer = {"a.example. 30 IN A 192.0.2.1"}});
  BOOST_TEST(ask("a.example", RecordType::a).name_exists);
}

BOOST_FIXTURE_TEST_CASE(the_cache_is_bounded_and_forgets_what_was_longest_unused, Fixture) {
  options.cache_entries = 2;
  for (const char* name : {"a.example", "b.example", "a.example", "c.example", "a.example", "b.example"}) {
    udp.answer({.answer = {std::string(name) + ". 300 IN A 192.0.2.1"}});
    const std::size_t before = udp.queries.size();
    (void)ask(name, RecordType::a);
    if (udp.queries.size() == before) udp.replies.pop_back();
  }
  BOOST_TEST(udp.queries.size() == 4U);  // a, b, c, and b again
}

BOOST_FIXTURE_TEST_CASE(what_is_not_a_name_is_not_asked, Fixture) {
  for (const std::string& name : {std::string("a b.example"), std::string("a\\.example"), std::string(300, 'a'),
                                  std::string(64, 'a') + ".example", std::string("a..example"), std::string()}) {
    const DnsAnswer answer = ask(name, RecordType::a);
    BOOST_TEST((answer.status == DnsStatus::failed));
    BOOST_TEST(answer.reason == "that is not a host name", name);
  }
  BOOST_TEST(udp.queries.empty());
}

}  // namespace postern::discovery
