// MTA-STS look-ups: what a policy host may do to us, what is kept, and when it is asked again (RFC 8461 §3).
#include "discovery/sts_lookup.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "base/codec.hpp"
#include "base/kept_file.hpp"
#include "tests/discovery/scripted.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/https_server.hpp"
#include "tests/support/shared.hpp"

namespace {

using namespace postern;
using discovery::DnsStatus;
using discovery::RecordType;
using discovery::StsFetch;
using discovery::StsStep;
using mail::StsState;
using test::http_reply;
namespace json = boost::json;
using namespace std::chrono_literals;

const mail::Domain lab = mail::Domain::parse("lab.example").value();
const std::string record = "_mta-sts.lab.example", policy_host = "mta-sts.lab.example";
const std::string enforce = "version: STSv1\nmode: enforce\nmx: mx1.lab.example\nmax_age: 604800\n";
const std::string testing = "version: STSv1\nmode: testing\nmx: mx2.lab.example\nmax_age: 604800\n";

/// lab.example, which says that it has MTA-STS, and its policy host on loopback.
struct World {
  discovery::TableResolver dns;
  discovery::FakeClock clock;
  discovery::CountingRandom random;
  discovery::StsCache cache;
  test::Pki root = test::authority("root");
  std::unique_ptr<net::Dialer> real = net::make_dialer(), dialer = net::make_dialer();
  std::unique_ptr<test::HttpsServer> server;
  discovery::StsOptions options;
  unsigned changes = 0;

  explicit World(std::string reply = http_reply(enforce), test::Wanted certificate = {.names = {policy_host}}) {
    server = std::make_unique<test::HttpsServer>(test::issue(root, certificate), test::Script{std::move(reply)});
    options.port = server->local().port;
    options.patience = 3s;
    options.egress.listed = [](const std::string& address) { return address == "127.0.0.1"; };
    options.on_change = [this] { ++changes; };
    announce("1");
    dns.address(policy_host, "127.0.0.1");
  }
  void announce(const std::string& id) {
    dns.at(record, RecordType::txt).records = {{RecordType::txt, 60, 0, "v=STSv1; id=" + id + ";"}};
  }
  [[nodiscard]] std::unique_ptr<discovery::StsLookup> lookup() {
    net::TlsClientOptions client;
    client.system_roots = false;
    client.ca_pem = test::pem_of(root);
    return std::make_unique<discovery::StsLookup>(dns, *dialer, net::TlsClient::make(client).value(), cache, clock,
                                                  random, options);
  }
  StsFetch fetch() { return test::run(lookup()->fetch("lab.example")); }
};

mail::DomainSecurity find(discovery::StsLookup& lookup) {
  return test::run(lookup.find(lab));
}

std::string told(const mail::DomainSecurity& known) {
  std::string lines;
  for (const mail::Evidence& one : known.evidence)
    lines += mail::format_evidence(one) + "\n";
  return lines;
}

std::string body_of(const json::object& row) {
  if (const auto* octets = row.if_contains("body_bytes"))
    return std::string(static_cast<std::size_t>(octets->as_int64()), 'x');
  const auto* body = row.if_contains("body");
  return body != nullptr ? std::string(body->as_string()) : std::string();
}

StsFetch::Result wanted_of(const json::object& row) {
  using enum StsFetch::Result;
  const std::string want(row.at("want").as_string());
  if (want == "ok") return policy;
  if (want == "no-policy") return none;
  BOOST_REQUIRE(want == "fetch-error" || want == "policy-syntax-error");
  return want == "fetch-error" ? fetch_error : syntax_error;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sts_lookup)

BOOST_AUTO_TEST_CASE(every_fetch_of_the_shared_cases) {
  std::size_t looked_at = 0;
  for (const json::object& row : test::shared_case_rows("tls/mta-sts-fetch.jsonl")) {
    if (row.contains("content_type")) continue;  // below
    ++looked_at;
    if (row.contains("dns")) {
      World world;
      world.dns.table.erase({policy_host, RecordType::a});
      world.dns.at(policy_host, RecordType::a).name_exists = false;
      BOOST_TEST((world.fetch().result == wanted_of(row)), json::serialize(row));
      continue;
    }
    const std::string certificate(row.at("cert").as_string());
    test::Wanted wanted{.names = {certificate == "wrong-name" ? "other.lab.example" : policy_host}};
    if (certificate == "expired") wanted.from_days = -30, wanted.to_days = -1;
    World world(http_reply(body_of(row), std::to_string(row.at("status").as_int64()) + " Status"), wanted);
    const StsFetch fetched = world.fetch();
    BOOST_TEST((fetched.result == wanted_of(row)), json::serialize(row) << ": " << fetched.reason);
    // Who is not the policy host is not even asked.
    BOOST_TEST(world.server->requests().empty() == (certificate != "ok"));
  }
  BOOST_TEST(looked_at == 9U);
}

BOOST_AUTO_TEST_CASE(every_media_type_over_the_wire) {
  for (const json::object& row : test::shared_case_rows("tls/mta-sts-fetch.jsonl")) {
    if (!row.contains("content_type")) continue;
    World world(http_reply(enforce, "200 OK", std::string(row.at("content_type").as_string())));
    BOOST_TEST((world.fetch().result == wanted_of(row)), json::serialize(row));
  }
}

BOOST_AUTO_TEST_CASE(every_look_up_of_the_txt_record_of_the_shared_cases) {
  std::size_t looked_at = 0;
  for (const json::object& row : test::shared_case_rows("tls/mta-sts-txt.jsonl")) {
    if (!row.contains("rcode")) continue;
    ++looked_at;
    World world;
    if (row.at("rcode").as_string() == "SERVFAIL") {
      world.dns.fails(record, RecordType::txt);
    } else {
      world.dns.at(record, RecordType::txt).records.clear();
      world.dns.at(record, RecordType::txt).name_exists = false;
    }
    const bool temporary = row.at("want").as_string() == "temperror";
    BOOST_TEST((find(*world.lookup()).sts.state == (temporary ? StsState::failed : StsState::absent)),
               json::serialize(row));
  }
  BOOST_TEST(looked_at == 3U);
}

BOOST_AUTO_TEST_CASE(a_policy_is_found_with_its_evidence_and_asked_for_by_name) {
  World world;
  const mail::DomainSecurity known = find(*world.lookup());
  BOOST_TEST(known.sts.enforced());
  BOOST_TEST(known.sts.id == "1");
  BOOST_TEST(known.sts.policy.mx == std::vector<std::string>{"mx1.lab.example"}, boost::test_tools::per_element());
  BOOST_REQUIRE(world.server->requests().size() == 1U);
  BOOST_TEST(
      world.server->requests()[0].starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.lab.example:"));
  BOOST_TEST(told(known).contains("TXT _mta-sts.lab.example: v=STSv1; id=1 (insecure"), told(known));
  BOOST_TEST(told(known).contains("MTA-STS of lab.example: enforce, mx1.lab.example, 604800 s "
                                  "(https://mta-sts.lab.example/.well-known/mta-sts.txt, 127.0.0.1:"),
             told(known));
}

BOOST_AUTO_TEST_CASE(what_a_stranger_writes_into_the_record_is_not_told) {
  World world;
  world.dns.at(record, RecordType::txt).records = {{RecordType::txt, 60, 0, "SSN 536-22-1234"}};
  BOOST_TEST(!told(find(*world.lookup())).contains("SSN"));
  world.dns.at(record, RecordType::txt).records = {{RecordType::txt, 60, 0, "v=STSv1; id=7; x=secret;"}};
  BOOST_TEST(!told(find(*world.lookup())).contains("secret"));
}

BOOST_AUTO_TEST_CASE(the_end_of_an_answer_must_be_told) {
  const auto fetched = [](std::string reply) { return World(std::move(reply)).fetch().result; };
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
  BOOST_TEST((fetched(head + "\r\n" + enforce) == StsFetch::Result::fetch_error));
  BOOST_TEST((fetched(head + "Content-Length: 1000\r\n\r\n" + enforce) == StsFetch::Result::fetch_error));
  BOOST_TEST((fetched(head + "Transfer-Encoding: chunked\r\n\r\n" + "5\r\nversi") == StsFetch::Result::fetch_error));
  std::string chunks;
  for (const char octet : enforce)
    chunks += std::string("1\r\n") + octet + "\r\n";
  BOOST_TEST((fetched(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n") == StsFetch::Result::policy));
}

BOOST_AUTO_TEST_CASE(answers_that_are_none) {
  const auto reason = [](std::string reply) {
    const StsFetch fetched = World(std::move(reply)).fetch();
    BOOST_TEST((fetched.result == StsFetch::Result::fetch_error));
    return fetched.reason;
  };
  BOOST_TEST(reason("") == "the answer breaks off");
  BOOST_TEST(reason("220 mx.lab.example ESMTP\r\n\r\n") == "the answer is not HTTP");
  BOOST_TEST(reason("HTTP/1.1 200 OK\r\n" + std::string(16, '\0') + "\r\n\r\n") == "the answer is not HTTP");
}

BOOST_AUTO_TEST_CASE(an_answer_may_be_64_kib_and_its_header_has_a_limit_too) {
  std::string longest = enforce;
  while (longest.size() < (64U << 10))
    longest += "x: " + std::string(std::min<std::size_t>(1000, (64U << 10) - longest.size() - 4), 'y') + "\n";
  BOOST_REQUIRE(longest.size() == 64U << 10);
  BOOST_TEST((World(http_reply(longest)).fetch().result == StsFetch::Result::policy));
  BOOST_TEST((World(http_reply(longest + "\n")).fetch().result == StsFetch::Result::syntax_error));
  const std::string wide = "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n";
  BOOST_TEST((World(wide).fetch().result != StsFetch::Result::policy));
}

BOOST_AUTO_TEST_CASE(no_redirect_is_followed) {
  World world("HTTP/1.1 302 Found\r\nLocation: https://mta-sts.lab.example/other\r\nContent-Length: 0\r\n\r\n");
  BOOST_TEST((world.fetch().result == StsFetch::Result::fetch_error));
  BOOST_TEST(world.server->connections() == 1U);
}

BOOST_AUTO_TEST_CASE(a_host_that_drips_costs_the_patience_and_no_more) {
  World world;
  world.options.patience = 700ms;
  world.server->say({http_reply(enforce), 1, 100ms});
  const auto lookup = world.lookup();
  const auto began = std::chrono::steady_clock::now();
  BOOST_TEST((find(*lookup).sts.state == StsState::unfetched));
  BOOST_TEST((std::chrono::steady_clock::now() - began < 3s));
  // And the next message does not even wait that long.
  BOOST_TEST((find(*lookup).sts.state == StsState::unfetched));
  BOOST_TEST(world.server->connections() == 1U);
  world.server->say({http_reply(enforce)});
  world.clock.time += world.options.refetch_gap;
  BOOST_TEST((find(*lookup).sts.state == StsState::known));
}

/// Connections to one address never come about; the others are real.
struct Swallowing final : net::Dialer {
  net::Dialer& inner;
  std::string address;
  Swallowing(net::Dialer& real, std::string swallowed) : inner(real), address(std::move(swallowed)) {}
  net::awaitable<std::unique_ptr<net::Stream>> dial(net::Endpoint to, std::chrono::milliseconds timeout) override {
    if (to.address != address) co_return co_await inner.dial(to, timeout);
    co_await net::sleep_for(timeout);
    throw net::TimedOut("no connection in time");
  }
};

BOOST_AUTO_TEST_CASE(an_address_that_swallows_all_packets_leaves_the_next_its_share) {
  World world;
  world.options.patience = 1s;
  world.options.egress.listed = [](const std::string&) { return true; };
  world.dns.address(policy_host, "fd00::1");  // IPv6 is tried first
  world.dialer = std::make_unique<Swallowing>(*world.real, "fd00::1");
  BOOST_TEST((world.fetch().result == StsFetch::Result::policy));
}

BOOST_AUTO_TEST_CASE(only_public_addresses_and_those_that_are_listed_are_connected_to) {
  World world;
  world.options.egress = {};
  const StsFetch fetched = world.fetch();
  BOOST_TEST((fetched.result == StsFetch::Result::fetch_error));
  BOOST_TEST(fetched.reason == "the policy host's address 127.0.0.1 is not public");
  BOOST_TEST(world.server->connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_policy_that_is_kept_needs_no_fetch_until_its_id_changes) {
  World world;
  const auto lookup = world.lookup();
  find(*lookup);
  const mail::DomainSecurity again = find(*lookup);
  BOOST_TEST(again.sts.enforced());
  BOOST_TEST(told(again).contains("kept since "), told(again));
  BOOST_TEST(world.server->connections() == 1U);
  BOOST_TEST(world.changes == 1U);
  world.server->say({http_reply(testing)});
  BOOST_TEST(find(*lookup).sts.enforced());
  world.announce("2");
  BOOST_TEST(find(*lookup).sts.tested());
  BOOST_TEST(world.server->connections() == 2U);
}

BOOST_AUTO_TEST_CASE(who_blocks_look_ups_does_not_take_away_what_is_kept) {
  World world;
  const auto lookup = world.lookup();
  find(*lookup);
  const auto still = [&] { return find(*lookup).sts.enforced(); };
  const auto txt = world.dns.at(record, RecordType::txt);
  world.dns.at(record, RecordType::txt).records.clear();
  BOOST_TEST(still());
  world.dns.fails(record, RecordType::txt);
  BOOST_TEST(still());
  world.dns.table[{record, RecordType::txt}] = txt;
  world.announce("2");  // to have it fetched
  world.server->say({"", SIZE_MAX, 0ms, true});
  BOOST_TEST(still());
  world.announce("3");
  world.server->say({http_reply("", "404 Not Found")});
  BOOST_TEST(still());
  world.announce("4");
  world.server->say({http_reply("version: STSv1\nmode: none\nmax_age: 60\n", "200 OK", "text/html")});
  BOOST_TEST(still());
}

BOOST_AUTO_TEST_CASE(a_policy_that_has_expired_and_cannot_be_fetched_is_none) {
  World world;
  const auto lookup = world.lookup();
  find(*lookup);
  world.server->say({"", SIZE_MAX, 0ms, true});
  world.clock.time += std::chrono::seconds(604'799);
  BOOST_TEST(find(*lookup).sts.enforced());  // refreshing fails, and it holds
  world.clock.time += std::chrono::seconds(1);
  BOOST_TEST((find(*lookup).sts.state == StsState::unfetched));
  world.clock.time += world.options.refetch_gap;
  world.server->say({http_reply(enforce)});
  BOOST_TEST(find(*lookup).sts.enforced());
}

BOOST_AUTO_TEST_CASE(a_policy_in_use_is_refreshed_before_it_expires) {
  World world;
  const auto lookup = world.lookup();
  find(*lookup);
  world.clock.time += world.options.refresh_after * 2;
  world.server->say({http_reply(testing)});
  BOOST_TEST(find(*lookup).sts.tested());
}

BOOST_AUTO_TEST_CASE(the_steps) {
  const Time now{Duration(1'000'000'000'000)};
  const discovery::StsEntry entry{
      "1", {mail::StsMode::enforce, {"mx.lab.example"}, std::chrono::seconds(100'000)}, now};
  const auto step = [&](bool kept, bool answered, std::optional<std::string> id, Duration later = 0s) {
    return discovery::next_sts_step(kept ? std::optional(entry) : std::nullopt, answered, id, 24h, now + later);
  };
  BOOST_TEST((step(false, true, {}) == StsStep::absent));
  BOOST_TEST((step(false, false, {}) == StsStep::fail));
  BOOST_TEST((step(false, true, "1") == StsStep::fetch));
  BOOST_TEST((step(true, true, {}) == StsStep::use_kept));
  BOOST_TEST((step(true, false, {}) == StsStep::use_kept));
  BOOST_TEST((step(true, true, "1") == StsStep::use_kept));
  BOOST_TEST((step(true, true, "2") == StsStep::fetch));
  BOOST_TEST((step(true, true, "1", 49'999s) == StsStep::use_kept));
  BOOST_TEST((step(true, true, "1", 50'000s) == StsStep::refresh));  // half its life
}

BOOST_AUTO_TEST_CASE(before_mail_is_put_off_the_policy_is_read_again_at_most_once_in_a_while) {
  World world;
  const auto lookup = world.lookup();
  const mail::DomainSecurity known = find(*lookup);
  world.server->say({http_reply(testing)});
  BOOST_TEST(!test::run(lookup->renewed(lab, known)).has_value());  // fetched a moment ago
  BOOST_TEST(world.server->connections() == 1U);
  world.clock.time += world.options.refetch_gap;
  const auto renewed = test::run(lookup->renewed(lab, known));
  BOOST_TEST_REQUIRE(renewed.has_value());
  BOOST_TEST(renewed->sts.tested());
  // Whoever comes later with the old one is given what is kept.
  BOOST_TEST_REQUIRE(test::run(lookup->renewed(lab, known)).has_value());
  BOOST_TEST(!test::run(lookup->renewed(lab, *renewed)).has_value());
  BOOST_TEST(world.server->connections() == 2U);
}

BOOST_AUTO_TEST_CASE(of_several_messages_one_fetches) {
  World world;
  world.server->say({http_reply(enforce), 20, 20ms});
  const auto lookup = world.lookup();
  unsigned found = 0;
  {
    net::Runtime io(1);
    net::TaskGroup tasks("several");
    for (int i = 0; i < 5; ++i) {
      tasks.spawn(io.next(), "one", [](discovery::StsLookup& sts, unsigned& count) -> net::awaitable<void> {
        if ((co_await sts.find(lab)).sts.enforced()) ++count;
      }(*lookup, found));
    }
    tasks.join();
  }
  BOOST_TEST(found == 5U);
  BOOST_TEST(world.server->connections() == 1U);
}

BOOST_AUTO_TEST_CASE(an_address_literal_has_no_policy) {
  World world;
  const auto lookup = world.lookup();
  BOOST_TEST((test::run(lookup->find(mail::Domain::parse("[192.0.2.1]").value())).sts.state == StsState::absent));
  BOOST_TEST(world.dns.asked.empty());
}

// Without mail

BOOST_AUTO_TEST_CASE(a_refresh_brings_the_policy_of_the_same_id_and_of_another) {
  World world;
  const auto lookup = world.lookup();
  BOOST_TEST(find(*lookup).sts.enforced());
  world.clock.time += 24h;
  test::run(lookup->refresh("lab.example"));
  BOOST_TEST(world.server->connections() == 2U);
  BOOST_TEST((world.cache.find("lab.example", world.clock.now())->fetched == world.clock.now()));
  world.announce("2");
  world.server->say({http_reply(testing)});
  world.clock.time += 1h;
  test::run(lookup->refresh("lab.example"));
  const auto kept = world.cache.find("lab.example", world.clock.now());
  BOOST_TEST(kept->id == "2");
  BOOST_TEST((kept->policy.mode == mail::StsMode::testing));
  BOOST_TEST(world.changes == 3U);
}

BOOST_AUTO_TEST_CASE(a_refresh_that_fails_takes_nothing_away) {
  World world;
  const auto lookup = world.lookup();
  BOOST_TEST(find(*lookup).sts.enforced());
  const auto kept = world.cache.find("lab.example", world.clock.now());
  world.clock.time += 24h;
  const std::function<void()> attacks[] = {
      [&] { world.server->say({http_reply("version: STSv1\nmode: none\nmax_age: 1\n", "503 Busy")}); },
      [&] { world.dns.at(record, RecordType::txt).records.clear(); },
      [&] { world.dns.fails(record, RecordType::txt); },
  };
  for (const auto& attack : attacks) {
    attack();
    world.clock.time += 1h;
    test::run(lookup->refresh("lab.example"));
    BOOST_TEST((world.cache.find("lab.example", world.clock.now()) == kept));
  }
  BOOST_TEST(world.server->connections() == 2U);  // who announces nothing is not asked
}

BOOST_AUTO_TEST_CASE(a_refresh_is_no_mail) {
  World world;
  const auto lookup = world.lookup();
  const Time mailed = world.clock.now();
  (void)find(*lookup);
  world.clock.time += 24h;
  test::run(lookup->refresh("lab.example"));
  BOOST_TEST((world.cache.in_use(world.clock.now()).at(0).mailed == mailed));
  (void)find(*lookup);
  BOOST_TEST((world.cache.in_use(world.clock.now()).at(0).mailed == world.clock.now()));
}

// What is kept

BOOST_AUTO_TEST_CASE(what_is_kept_survives_a_restart) {
  const test::Folder folder;
  const std::filesystem::path file = folder.path() / "mta-sts";
  const Time now{Duration(1'000'000'000'000)};
  discovery::StsCache before, after;
  BOOST_TEST(after.load(file, now).has_value());  // there is none yet
  before.keep("lab.example", {"1", {mail::StsMode::enforce, {"*.lab.example", "mx.lab.example"}, 3600s}, now}, now);
  before.keep("other.example", {"2", {mail::StsMode::testing, {"mx.other.example"}, 60s}, now}, now);
  before.mailed("lab.example", now + 5s);
  BOOST_TEST_REQUIRE(before.save(file).has_value());
  BOOST_TEST_REQUIRE(after.load(file, now).has_value());
  BOOST_TEST((after.find("lab.example", now) == before.find("lab.example", now)));
  BOOST_TEST((after.in_use(now).at(0).mailed == now + 5s));
  BOOST_TEST(after.find("lab.example", now).has_value());
  BOOST_TEST(!after.find("other.example", now + 60s).has_value());
}

BOOST_AUTO_TEST_CASE(a_file_of_the_version_before_is_read) {
  const test::Folder folder;
  const std::filesystem::path file = folder.path() / "mta-sts";
  const Time now{Duration(1'000'000'000'000)};
  Writer out;  // one entry, without the time of mail
  out.u64(1);
  out.bytes("lab.example");
  out.bytes("1");
  out.u64(static_cast<std::uint64_t>(now.time_since_epoch().count()));
  out.enumerator(mail::StsMode::enforce);
  out.u64(3600);
  out.texts(std::vector<std::string>{"mx.lab.example"});
  BOOST_TEST_REQUIRE(write_kept(file, "postern mta-sts 1\n", out.take()).has_value());
  discovery::StsCache cache;
  BOOST_TEST_REQUIRE(cache.load(file, now).has_value());
  BOOST_TEST(cache.find("lab.example", now)->policy.mx.at(0) == "mx.lab.example");
  BOOST_TEST((cache.in_use(now).at(0).mailed == now));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_damaged_anywhere_is_refused_whole) {
  const test::Folder folder;
  const std::filesystem::path file = folder.path() / "mta-sts";
  const Time now{Duration(1'000'000'000'000)};
  discovery::StsCache before;
  before.keep("lab.example", {"1", {mail::StsMode::enforce, {"mx.lab.example"}, 3600s}, now}, now);
  BOOST_TEST_REQUIRE(before.save(file).has_value());
  const auto size = std::filesystem::file_size(file);
  for (std::uintmax_t left = 0; left < size; ++left) {
    BOOST_TEST_REQUIRE(before.save(file).has_value());
    std::filesystem::resize_file(file, left);
    discovery::StsCache after;
    const auto loaded = after.load(file, now);
    BOOST_TEST((!loaded && loaded.error().code == Errc::corrupt), "cut to " << left);
    BOOST_TEST(after.size() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_bounded_and_what_expired_goes_first) {
  const Time now{Duration(1'000'000'000'000)};
  discovery::StsCache cache(3);
  const auto keep = [&](const std::string& domain, std::chrono::seconds age, Time at) {
    cache.keep(domain, {"1", {mail::StsMode::enforce, {"mx.example"}, age}, at}, at);
  };
  keep("a", 3600s, now);
  keep("b", 1s, now);
  keep("c", 3600s, now);
  (void)cache.find("a", now);
  keep("d", 3600s, now + 10s);
  BOOST_TEST(cache.find("a", now + 10s).has_value());
  BOOST_TEST(cache.find("c", now + 10s).has_value());
  BOOST_TEST(!cache.find("b", now).has_value());
  (void)cache.find("a", now + 10s);
  (void)cache.find("d", now + 10s);
  keep("e", 3600s, now + 10s);
  BOOST_TEST(cache.size() == 3U);
  BOOST_TEST(!cache.find("c", now + 10s).has_value());
  discovery::StsCache small(1000, 10'000);
  for (int i = 0; i < 100; ++i)
    small.keep(std::to_string(i),
               {"1", {mail::StsMode::enforce, std::vector<std::string>(5, std::string(100, 'x')), 3600s}, now}, now);
  BOOST_TEST(small.size() < 20U);
  BOOST_TEST(small.size() > 5U);
}

BOOST_AUTO_TEST_SUITE_END()
