// Was it revoked? Who is asked, how often, how long mail waits for it, and what each answer means for a certificate.
#include <boost/test/unit_test.hpp>

#include "gateway/revocation_service.hpp"
#include "gateway/seal_methods.hpp"
#include "tests/discovery/scripted.hpp"
#include "tests/support/fake_sealing.hpp"
#include "tests/support/fake_web.hpp"
#include "tests/support/key_room.hpp"
#include "tests/support/revocation_makers.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;
using crypto::RevocationStatus;
using gateway::RevocationMode;
using test::http_ok;
using test::MailPki;

const MailPki& root() {
  static const MailPki made = test::mail_authority("root");
  return made;
}
const mail::Address bob_address = mail::Address::parse("bob@lab.example").value();

enum class Names { both, ocsp, list, nobody };
MailPki leaf(Names names, const MailPki& issuer = root()) {
  test::MailWanted wanted{.addresses = {"bob@lab.example"}, .key = "rsa2048"};
  if (names == Names::both || names == Names::ocsp)
    wanted.more.emplace_back(NID_info_access, "OCSP;URI:http://ocsp.example/");
  if (names == Names::both || names == Names::list)
    wanted.more.emplace_back(NID_crl_distribution_points, "URI:http://crl.example/ca.crl");
  return test::issue_mail(&issuer, wanted);
}

/// A responder at 8.8.8.1, a list at 8.8.8.2, and a loop on which both a message and what it spawned run.
struct World {
  discovery::TableResolver dns;
  discovery::FakeClock clock;
  discovery::CountingRandom random;
  test::FakeWeb web;
  net::EgressPolicy egress;
  gateway::RevocationOptions options;
  net::Runtime io{1};  // outlives the pool, which posts to it
  net::Pool pool{"judge", 1, 100};
  net::TaskGroup tasks{"tests"};
  test::FakeKeys keys;
  std::unique_ptr<gateway::RevocationService> service;

  World() {
    clock.time = test::makers_now;
    dns.address("ocsp.example", "8.8.8.1");
    dns.address("crl.example", "8.8.8.2");
    options.patience = 5s;
    options.ocsp_patience = 300ms;
    options.list_patience = 300ms;
  }
  ~World() {
    tasks.cancel();
    tasks.join();
    io.stop();
  }
  void ocsp_says(std::optional<std::string> body) { says("8.8.8.1:80", std::move(body)); }
  void list_says(std::optional<std::string> body) { says("8.8.8.2:80", std::move(body)); }
  void says(const std::string& where, std::optional<std::string> body) {
    web.at[where] = [body](const std::string&) { return body ? std::optional(http_ok(*body)) : std::nullopt; };
  }
  gateway::RevocationService& revocation() {
    if (!service) {
      service = std::make_unique<gateway::RevocationService>(
          discovery::UrlFetch(dns, web, clock, random, egress), keys, pool, clock,
          [this](const boost::asio::any_io_executor&, net::awaitable<void> task) {
            tasks.spawn(io.next(), "look-up", std::move(task));
          },
          options);
      BOOST_REQUIRE(service->recall());
    }
    return *service;
  }
  /// The memory of the process is gone; what is in the key store is not.
  void restart() {
    until_kept();
    service.reset();
  }
  /// Mail does not wait until an answer is kept.
  void until_kept() { tasks.join(); }
  crypto::RevocationAnswer ask(const MailPki& about, const MailPki& issuer = root()) {
    test::run(revocation().refresh({{about.certificate, issuer.certificate}}));
    return revocation().answers().find(about.certificate, clock.now());
  }
  [[nodiscard]] std::size_t asked() const { return web.dialled().size(); }
};

void check(const crypto::RevocationAnswer& answer, RevocationStatus status, std::string_view text) {
  BOOST_TEST((answer.status == status), answer.text);
  BOOST_TEST(answer.text.contains(text), answer.text);
}

BOOST_AUTO_TEST_SUITE(revocation)

BOOST_AUTO_TEST_CASE(ocsp_is_asked_first_and_the_list_only_where_it_gave_nothing) {
  World world;
  const MailPki bob = leaf(Names::both);
  world.ocsp_says(test::make_ocsp(bob, {}, root()));
  world.list_says(test::make_crl({}, root()));
  check(world.ask(bob), RevocationStatus::good, "OCSP of");
  BOOST_TEST(world.web.dialled() == std::vector<std::string>{"8.8.8.1:80"}, boost::test_tools::per_element());
  for (const auto& nothing : {std::optional<std::string>("garbage"), std::optional<std::string>()}) {
    World other;
    other.ocsp_says(nothing);
    other.list_says(test::make_crl({}, root()));
    check(other.ask(bob), RevocationStatus::good, "CRL of");
  }
}

BOOST_AUTO_TEST_CASE(revoked_by_either_is_revoked) {
  const MailPki bob = leaf(Names::both);
  World world;
  world.ocsp_says(test::make_ocsp(bob, {.status = V_OCSP_CERTSTATUS_REVOKED}, root()));
  check(world.ask(bob), RevocationStatus::revoked, "OCSP of");
  World other;
  other.list_says(test::make_crl({.revoked = {bob.certificate}}, root()));
  check(other.ask(bob), RevocationStatus::revoked, "CRL of");
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_not_the_issuers_does_not_count) {
  World world;
  const MailPki bob = leaf(Names::both), stranger = test::mail_authority("root", {.key = "p256/other"});
  world.ocsp_says(test::make_ocsp(bob, {}, stranger, root()));
  world.list_says(test::make_crl({}, stranger));
  check(world.ask(bob), RevocationStatus::unknown,
        "the OCSP answer's signature does not count; the CRL does not count");
}

BOOST_AUTO_TEST_CASE(an_answer_is_kept_and_asked_for_anew_after_a_while) {
  World world;
  const MailPki bob = leaf(Names::ocsp);
  world.ocsp_says(test::make_ocsp(bob, {}, root()));
  world.ask(bob);
  world.clock.time += 5h;
  check(world.ask(bob), RevocationStatus::good, "");
  BOOST_TEST(world.asked() == 1U);
  world.clock.time += 2h;
  world.ask(bob);
  BOOST_TEST(world.asked() == 2U);
  world.ocsp_says({});  // silence: what was learned holds to its end, and is asked for now and then
  world.clock.time += 7h;
  check(world.ask(bob), RevocationStatus::good, "");
  check(world.ask(bob), RevocationStatus::good, "");
  BOOST_TEST(world.asked() == 3U);
  world.clock.time += 11h;
  check(world.ask(bob), RevocationStatus::unknown, "no answer in time");
}

BOOST_AUTO_TEST_CASE(nothing_is_asked_again_for_some_minutes) {
  World world;
  const MailPki bob = leaf(Names::ocsp);
  check(world.ask(bob), RevocationStatus::unknown, "ocsp.example: no connection: connection refused");
  world.ask(bob);
  BOOST_TEST(world.asked() == 1U);
  world.clock.time += 5min;
  world.ocsp_says(test::make_ocsp(bob, {}, root()));
  check(world.ask(bob), RevocationStatus::good, "");
}

BOOST_AUTO_TEST_CASE(a_revocation_holds_whatever_is_played_back_later) {
  World world;
  const MailPki bob = leaf(Names::ocsp);
  world.ocsp_says(test::make_ocsp(bob, {.status = V_OCSP_CERTSTATUS_REVOKED}, root()));
  world.ask(bob);
  const Time before = test::makers_now - 2h;
  for (const auto& played_back : {test::make_ocsp(bob, {}, root()), test::make_ocsp(bob, {.from = before}, root())}) {
    world.ocsp_says(played_back);
    for (const Duration later : {Duration(7h), Duration(480h)}) {
      world.clock.time += later;
      check(world.ask(bob), RevocationStatus::revoked, "");
    }
    world.clock.time = test::makers_now;
  }
}

BOOST_AUTO_TEST_CASE(a_certificate_that_was_on_hold_is_used_again_when_its_issuer_says_so_later) {
  for (const Names names : {Names::ocsp, Names::list}) {
    World world;
    const MailPki bob = leaf(names);
    const Time later = test::makers_now + 7h;
    world.ocsp_says(test::make_ocsp(bob, {.status = V_OCSP_CERTSTATUS_REVOKED}, root()));
    world.list_says(test::make_crl({.revoked = {bob.certificate}}, root()));
    check(world.ask(bob), RevocationStatus::revoked, "");
    world.ocsp_says(test::make_ocsp(bob, {.from = later, .next = later + 24h}, root()));
    world.list_says(test::make_crl({.from = later, .next = later + 24h}, root()));
    check(world.ask(bob), RevocationStatus::revoked, "");  // nobody is asked again yet
    world.clock.time = later;
    check(world.ask(bob), RevocationStatus::good, "");
  }
}

BOOST_AUTO_TEST_CASE(a_restart_forgets_nothing) {
  World world;
  const MailPki bob = leaf(Names::ocsp), eve = leaf(Names::ocsp);
  world.ocsp_says(test::make_ocsp(bob, {}, root()));
  world.ask(bob);
  world.ocsp_says(test::make_ocsp(eve, {.status = V_OCSP_CERTSTATUS_REVOKED}, root()));
  world.ask(eve);
  world.restart();
  world.ocsp_says({});
  const std::size_t asked = world.asked();
  check(world.ask(bob), RevocationStatus::good, "OCSP of");
  check(world.ask(eve), RevocationStatus::revoked, "OCSP of");
  BOOST_TEST(world.asked() == asked);
  world.clock.time += 7h;  // as if there had been none: it is time to ask again
  check(world.ask(bob), RevocationStatus::good, "OCSP of");
  BOOST_TEST(world.asked() == asked + 1);
}

BOOST_AUTO_TEST_CASE(what_says_nothing_is_not_kept) {
  World world;
  world.ocsp_says({});
  world.ask(leaf(Names::ocsp));
  world.until_kept();
  BOOST_TEST(world.keys.said.empty());
}

BOOST_AUTO_TEST_CASE(certificates_of_one_issuer_share_a_list_and_one_fetch) {
  World world;
  world.web.pause = 100ms;
  const MailPki bob = leaf(Names::list), eve = leaf(Names::list), kim = leaf(Names::list);
  world.list_says(test::make_crl({.revoked = {eve.certificate}}, root()));
  std::vector<gateway::RevocationQuestion> questions;
  for (const MailPki* one : {&bob, &eve, &kim, &bob})
    questions.push_back({one->certificate, root().certificate});
  test::run(world.revocation().refresh(questions));
  const auto status = [&](const MailPki& one) {
    return world.revocation().answers().find(one.certificate, world.clock.now()).status;
  };
  BOOST_TEST((status(bob) == RevocationStatus::good));
  BOOST_TEST((status(eve) == RevocationStatus::revoked));
  BOOST_TEST((status(kim) == RevocationStatus::good));
  BOOST_TEST(world.asked() == 1U);
}

BOOST_AUTO_TEST_CASE(a_list_that_has_ended_is_fetched_anew_for_the_next_certificate) {
  World world;
  world.list_says(test::make_crl({.next = test::makers_now + 10min}, root()));
  world.ask(leaf(Names::list));
  world.clock.time += 16min;
  world.list_says(test::make_crl({.from = test::makers_now + 10min}, root()));
  check(world.ask(leaf(Names::list)), RevocationStatus::good, "");
  BOOST_TEST(world.asked() == 2U);
}

BOOST_AUTO_TEST_CASE(mail_waits_so_long_and_the_look_up_goes_on_without_it) {
  World world;
  const MailPki bob = leaf(Names::ocsp);
  world.options.patience = 200ms;
  world.options.ocsp_patience = 10s;
  world.web.pause = 1s;
  world.ocsp_says(test::make_ocsp(bob, {}, root()));
  const auto began = std::chrono::steady_clock::now();
  check(world.ask(bob), RevocationStatus::unknown, "no answer yet");
  BOOST_TEST((std::chrono::steady_clock::now() - began < 900ms));
  world.ask(bob);  // the next attempt: no second look-up
  world.options.patience = 200ms;
  for (int i = 0; i < 100 && world.ask(bob).status != RevocationStatus::good; ++i) {
  }
  check(world.ask(bob), RevocationStatus::good, "OCSP of");
  BOOST_TEST(world.asked() == 1U);
}

BOOST_AUTO_TEST_CASE(hosts_that_are_not_public_are_not_contacted) {
  for (const char* address : {"127.0.0.1", "169.254.169.254", "10.0.0.1"}) {
    World world;
    world.dns.table.clear();
    world.dns.address("ocsp.example", address);
    world.dns.address("crl.example", address);
    check(world.ask(leaf(Names::both)), RevocationStatus::unknown, "is not public");
    BOOST_TEST(world.asked() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(the_cache_is_bounded) {
  gateway::RevocationCache cache({.most_answers = 3, .most_lists = 2, .most_list_octets = 100});
  const Time now = test::makers_now;
  std::vector<MailPki> people;
  for (int i = 0; i < 5; ++i) {
    people.push_back(leaf(Names::ocsp));
    cache.keep(people.back().certificate.fingerprint(), {RevocationStatus::good, now + 10h, "a"},
               now + std::chrono::seconds(i));
  }
  BOOST_TEST(cache.is_due(people[1].certificate, now));
  for (const int i : {2, 3, 4})
    BOOST_TEST(!cache.is_due(people[static_cast<std::size_t>(i)].certificate, now));
  const auto keep = [&](const char* url, std::size_t octets, Duration at) {
    cache.keep_list(url, std::make_shared<const std::string>(octets, 'x'), now + at);
  };
  keep("a", 60, 1s), keep("b", 40, 2s);
  BOOST_TEST(cache.list_octets() == 100U);
  keep("c", 41, 3s);
  BOOST_TEST(cache.list_octets() == 81U);
  BOOST_TEST(!cache.find_list("a").bytes);
  keep("d", 1, 4s);
  BOOST_TEST(!cache.find_list("b").bytes);
  keep("d", 101, 5s);  // too large: the old one stays
  BOOST_TEST(cache.find_list("d").bytes->size() == 1U);
  cache.keep_list("c", nullptr, now + 6s);
  BOOST_TEST(cache.find_list("c").bytes->size() == 41U);
}

/// One recipient's certificates, and S/MIME over them.
struct Method : World {
  test::KeyRoom room;
  std::unique_ptr<crypto::KeyStore> keys = room.open();
  std::unique_ptr<gateway::SealMethod> smime;

  explicit Method(RevocationMode mode) {
    smime = gateway::make_smime_method(*keys, crypto::Anchors({root().certificate}), crypto::Anchors(),
                                       {false, {}, mode, &revocation().answers()});
  }
  void add(const MailPki& person, crypto::Trust trust = crypto::Trust::verified) {
    crypto::KeyRecord key = room.certificate("bob@lab.example", trust);
    key.bytes = person.certificate.der();
    key.fingerprint = person.certificate.fingerprint();
    key.not_before = person.certificate.not_before();
    key.not_after = person.certificate.not_after();
    BOOST_REQUIRE(keys->add(key));
  }
  Result<std::vector<gateway::UsableKey>> usable() {
    test::run(revocation().refresh(smime->usable_keys(bob_address, {}, clock.now()).open));
    return smime->usable_keys(bob_address, {}, clock.now()).keys;
  }
};

BOOST_AUTO_TEST_CASE(a_revoked_certificate_is_not_used_and_that_is_final) {
  for (const RevocationMode mode : {RevocationMode::soft, RevocationMode::hard}) {
    Method method(mode);
    const MailPki bob = leaf(Names::ocsp);
    method.add(bob, crypto::Trust::pinned);  // a pin does not help
    method.ocsp_says(test::make_ocsp(bob, {.status = V_OCSP_CERTSTATUS_REVOKED}, root()));
    const auto usable = method.usable();
    BOOST_REQUIRE(!usable);
    BOOST_TEST((usable.error().code == Errc::not_found));
    BOOST_TEST(usable.error().text == "no certificate of the recipient may be used: its issuer revoked it");
  }
}

BOOST_AUTO_TEST_CASE(a_good_one_is_used_and_its_evidence_says_so) {
  Method method(RevocationMode::hard);
  const MailPki bob = leaf(Names::ocsp);
  method.add(bob);
  method.ocsp_says(test::make_ocsp(bob, {}, root()));
  const auto usable = method.usable();
  BOOST_REQUIRE(usable);
  BOOST_TEST(usable->front().revocation.starts_with("good (OCSP of 20"));
}

BOOST_AUTO_TEST_CASE(no_answer_is_an_outage_where_it_is_hard_and_told_where_it_is_soft) {
  const MailPki bob = leaf(Names::ocsp);
  Method hard(RevocationMode::hard);
  hard.add(bob);
  hard.ocsp_says("garbage");
  const auto waits = hard.usable();
  BOOST_REQUIRE(!waits);
  BOOST_TEST((waits.error().code == Errc::unavailable));
  BOOST_TEST(waits.error().text.ends_with("unknown (what was fetched is no OCSP answer)"), waits.error().text);
  Method soft(RevocationMode::soft);
  soft.add(bob);
  soft.ocsp_says("garbage");
  const auto usable = soft.usable();
  BOOST_REQUIRE(usable);
  BOOST_TEST(usable->front().revocation == "unknown (what was fetched is no OCSP answer)");
}

BOOST_AUTO_TEST_CASE(a_good_one_beside_one_without_an_answer_is_used) {
  Method method(RevocationMode::hard);
  const MailPki silent = leaf(Names::list), good = leaf(Names::ocsp);
  method.add(silent);
  method.add(good);
  method.ocsp_says(test::make_ocsp(good, {}, root()));
  const auto usable = method.usable();
  BOOST_REQUIRE(usable);
  BOOST_TEST(usable->size() == 1U);
  BOOST_TEST(usable->front().fingerprint == good.certificate.fingerprint());
}

BOOST_AUTO_TEST_CASE(who_cannot_be_asked_about_is_used_without_a_question) {
  Method method(RevocationMode::hard);
  const MailPki other = test::mail_authority("other", {.key = "p256/other"});
  method.add(leaf(Names::both, other), crypto::Trust::pinned);  // no chain to our roots: nobody to believe
  method.add(leaf(Names::nobody), crypto::Trust::pinned);
  BOOST_TEST(method.usable().value().size() == 2U);
  BOOST_TEST(method.asked() == 0U);
}

BOOST_AUTO_TEST_CASE(off_asks_nobody) {
  Method method(RevocationMode::off);
  method.add(leaf(Names::both));
  BOOST_TEST(method.usable().value().front().revocation.empty());
  BOOST_TEST(method.asked() == 0U);
}

BOOST_AUTO_TEST_CASE(an_authority_that_was_revoked_counts_for_all_below_it) {
  const MailPki middle =
      test::issue_mail(&root(), {.name = "middle",
                                 .key = "p256/middle",
                                 .is_ca = true,
                                 .more = {{NID_crl_distribution_points, "URI:http://crl.example/ca.crl"}}});
  const MailPki bob = leaf(Names::ocsp, middle);
  World world;
  world.ocsp_says(test::make_ocsp(bob, {}, middle));
  world.list_says(test::make_crl({.revoked = {middle.certificate}}, root()));
  const std::vector<crypto::Certificate> chain = {bob.certificate, middle.certificate, root().certificate};
  const auto& answers = world.revocation().answers();
  const auto due = gateway::due_questions(chain, answers, world.clock.now());
  BOOST_TEST(due.size() == 2U);
  test::run(world.revocation().refresh(due));
  check(gateway::chain_revocation(chain, answers, world.clock.now()), RevocationStatus::revoked,
        "an authority above it: CRL of");
  BOOST_TEST(gateway::due_questions(chain, answers, world.clock.now()).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
