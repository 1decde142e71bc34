// Keys that are looked up: who is asked and how often, what becomes of the answers, how long mail waits, and which keys
// count.
#include "gateway/key_search.hpp"

#include <atomic>

#include <boost/test/unit_test.hpp>

#include "gateway/config.hpp"
#include "gateway/found_keys.hpp"
#include "gateway/recipient_keys.hpp"
#include "gateway/recipients.hpp"
#include "gateway/seal_methods.hpp"
#include "net/runtime.hpp"
#include "tests/support/fake_sealing.hpp"
#include "tests/support/key_room.hpp"
#include "tests/support/mail_pki.hpp"
#include "tests/support/openpgp.hpp"
#include "tests/support/run.hpp"

namespace {

using namespace postern;
using namespace std::chrono_literals;
using crypto::Trust;
using discovery::KeyAnswer;
using discovery::KeyOrigin;
using test::MailPki;

const mail::Address bob = mail::Address::parse("bob@lab.example").value();
const std::vector<KeyOrigin> smimea_alone = {KeyOrigin::smimea}, pgp = {KeyOrigin::openpgpkey, KeyOrigin::wkd};

struct SetClock final : Clock {
  std::atomic<Duration::rep> at = SystemClock().now().time_since_epoch().count();
  [[nodiscard]] Time now() const override { return Time(Duration(at)); }
  void forward(Duration by) { at += by.count(); }
};

/// Says what the test tells it, after as long as the test says.
struct ToldSource final : discovery::KeySource {
  KeyOrigin of;
  KeyAnswer answer;
  std::chrono::milliseconds pause{0};
  std::atomic<unsigned> asked = 0;

  explicit ToldSource(KeyOrigin origin) : of(origin) {}
  [[nodiscard]] KeyOrigin origin() const override { return of; }
  net::awaitable<KeyAnswer> find(mail::Address) override {
    ++asked;
    if (pause.count() > 0) co_await net::sleep_for(pause);
    co_return answer;
  }
  void gives(const std::vector<std::string>& keys, bool proven = true) {
    answer = {};
    answer.result = keys.empty() ? KeyAnswer::Result::none : KeyAnswer::Result::found;
    answer.ttl = 30min;
    for (const std::string& key : keys)
      answer.candidates.push_back({key, proven, "a test said so"});
  }
  void fails(const std::string& reason) {
    answer = {};
    answer.reason = reason;
  }
};

const MailPki& root() {
  static const MailPki made = test::mail_authority("root");
  return made;
}
/// Self-signed: nothing but its source speaks for it.
MailPki self_signed(const std::string& kind = "p256") {
  return test::issue_mail(nullptr, {.addresses = {"bob@lab.example"}, .key = kind});
}

struct World : test::KeyRoom {
  SetClock clock;
  std::unique_ptr<crypto::KeyStore> store = open();
  net::Runtime io{1};  // outlives the pool, which posts to it
  net::Pool pool{"keys", 1, 100};
  net::TaskGroup tasks{"tests"};
  ToldSource *smimea = nullptr, *openpgpkey = nullptr, *wkd = nullptr;
  std::unique_ptr<gateway::KeySearch> search;
  gateway::KeySearchOptions options;

  World() {
    options.patience = 2s;
    restart();
  }
  ~World() {
    tasks.cancel();
    tasks.join();
    io.stop();
  }
  ToldSource* add(gateway::KeySearch::Sources& sources, KeyOrigin origin) {
    auto source = std::make_unique<ToldSource>(origin);
    ToldSource* told = source.get();
    sources.push_back(std::move(source));
    return told;
  }
  /// What was in memory is gone.
  void restart() {
    gateway::KeySearch::Sources sources;
    smimea = add(sources, KeyOrigin::smimea);
    openpgpkey = add(sources, KeyOrigin::openpgpkey);
    wkd = add(sources, KeyOrigin::wkd);
    search = std::make_unique<gateway::KeySearch>(
        std::move(sources), *store, pool, clock,
        [this](const boost::asio::any_io_executor&, net::awaitable<void> task) {
          tasks.spawn(io.next(), "look-up", std::move(task));
        },
        options);
  }
  void look(const std::vector<KeyOrigin>& sources) { test::run(search->refresh(search->due(bob, sources))); }
  gateway::KnownKeys known(const std::vector<KeyOrigin>& sources) {
    return gateway::known_keys(*store, bob, sources, search.get(), clock.now()).value();
  }
  Result<std::vector<gateway::UsableKey>> usable(const std::vector<KeyOrigin>& sources) {
    const auto method = gateway::make_smime_method(*store, crypto::Anchors({root().certificate}), crypto::Anchors(),
                                                   {false, {}, gateway::RevocationMode::off, nullptr, search.get()});
    gateway::SealSettings settings;
    settings.sources = sources;
    look(sources);
    return method->usable_keys(bob, settings, clock.now()).keys;
  }
  void pin(const MailPki& person) {
    crypto::KeyRecord key = KeyRoom::certificate("bob@lab.example", Trust::pinned);
    key.bytes = person.certificate.der();
    key.fingerprint = person.certificate.fingerprint();
    key.not_before = person.certificate.not_before();
    key.not_after = person.certificate.not_after();
    BOOST_REQUIRE(store->add(key));
  }
};

BOOST_FIXTURE_TEST_SUITE(key_search, World)

BOOST_AUTO_TEST_CASE(a_certificate_that_dnssec_proves_is_used_and_its_evidence_goes_with_it) {
  const MailPki person = self_signed();
  smimea->gives({person.certificate.der()});
  const auto keys = usable(smimea_alone);
  BOOST_REQUIRE(keys);
  BOOST_TEST(keys->front().fingerprint == person.certificate.fingerprint());
  BOOST_REQUIRE(keys->front().found);
  BOOST_TEST(mail::format_evidence(*keys->front().found) ==
             "key " + person.certificate.fingerprint() + ": smimea (a test said so)");
}

BOOST_AUTO_TEST_CASE(one_that_nothing_proves_needs_a_chain_to_our_roots) {
  smimea->gives({self_signed().certificate.der()}, false);
  const auto none = usable(smimea_alone);
  BOOST_REQUIRE(!none);
  BOOST_TEST((none.error().code == Errc::not_found));
  const MailPki chained = test::issue_mail(&root(), {.addresses = {"bob@lab.example"}, .key = "p256"});
  smimea->gives({chained.certificate.der()}, false);
  clock.forward(2h);
  BOOST_TEST(usable(smimea_alone).has_value());
}

BOOST_AUTO_TEST_CASE(one_that_names_somebody_else_is_not_used) {
  smimea->gives({test::issue_mail(nullptr, {.addresses = {"eve@lab.example"}, .key = "p256"}).certificate.der()});
  BOOST_TEST(usable(smimea_alone).error().text.contains("it does not name the address; looked up, smimea: "));
}

BOOST_AUTO_TEST_CASE(that_there_is_none_is_final_and_that_nobody_knows_is_not) {
  smimea->gives({});
  BOOST_TEST((usable(smimea_alone).error().code == Errc::not_found));
  clock.forward(2h);
  smimea->fails("SERVFAIL");
  const auto none = usable(smimea_alone);
  BOOST_TEST((none.error().code == Errc::unavailable));
  BOOST_TEST(none.error().text.ends_with("who was asked for one gave no answer: smimea: SERVFAIL"));
}

BOOST_AUTO_TEST_CASE(an_answer_is_kept_for_its_time_over_a_restart_too) {
  smimea->gives({self_signed().certificate.der()});
  look(smimea_alone);
  look(smimea_alone);
  BOOST_TEST(smimea->asked == 1U);
  store = open();
  restart();
  BOOST_TEST(known(smimea_alone).keys.size() == 1U);
  look(smimea_alone);
  BOOST_TEST(smimea->asked == 0U);
  clock.forward(31min);
  BOOST_TEST(known(smimea_alone).keys.empty());
  BOOST_TEST(known(smimea_alone).unlearned == "smimea: no answer yet");
  look(smimea_alone);
  BOOST_TEST(smimea->asked == 1U);
}

BOOST_AUTO_TEST_CASE(how_long_an_answer_is_kept_has_a_floor_and_a_ceiling) {
  const auto kept = [&](bool is_there, std::chrono::seconds ttl) {
    smimea->gives(is_there ? std::vector{self_signed().certificate.der()} : std::vector<std::string>{});
    smimea->answer.ttl = ttl;
    clock.forward(48h);
    look(smimea_alone);
    const crypto::KeyLookup lookup = store->lookups(bob).value().at(0);
    return lookup.until - lookup.at;
  };
  BOOST_TEST((kept(true, 0s) == 5min && kept(true, 1h) == 1h && kept(true, 240h) == 24h));
  BOOST_TEST((kept(false, 0s) == 5min && kept(false, 240h) == 1h));
}

BOOST_AUTO_TEST_CASE(trouble_is_asked_about_again_after_a_while_and_takes_no_answer_away_that_holds) {
  smimea->fails("SERVFAIL");
  look(smimea_alone);
  look(smimea_alone);
  BOOST_TEST(smimea->asked == 1U);
  clock.forward(1min);
  smimea->gives({self_signed().certificate.der()});
  look(smimea_alone);
  BOOST_TEST(smimea->asked == 2U);
  BOOST_TEST(known(smimea_alone).keys.size() == 1U);
  BOOST_TEST(known(smimea_alone).unlearned.empty());
  // Past its end an answer is none, whoever keeps the next one from us.
  clock.forward(31min);
  smimea->fails("SERVFAIL");
  look(smimea_alone);
  BOOST_TEST(known(smimea_alone).keys.empty());
  BOOST_TEST(known(smimea_alone).unlearned == "smimea: SERVFAIL");
}

BOOST_AUTO_TEST_CASE(mail_waits_a_bounded_time_and_the_look_up_goes_on) {
  options.patience = 200ms;
  restart();
  smimea->gives({self_signed().certificate.der()});
  smimea->pause = 2s;
  look(smimea_alone);
  BOOST_TEST(known(smimea_alone).unlearned == "smimea: no answer yet");  // so it did not wait for it
  look(smimea_alone);                                                    // the same question: nobody asks twice
  while (!known(smimea_alone).unlearned.empty())
    std::this_thread::sleep_for(20ms);
  BOOST_TEST(known(smimea_alone).keys.size() == 1U);
  BOOST_TEST(smimea->asked == 1U);
}

BOOST_AUTO_TEST_CASE(so_many_at_most_are_asked_at_once) {
  options.patience = 200ms;
  options.most_at_once = 1;
  restart();
  smimea->pause = 1s;
  openpgpkey->pause = 1s;
  look({KeyOrigin::smimea, KeyOrigin::openpgpkey});
  BOOST_TEST(smimea->asked + openpgpkey->asked == 1U);
}

BOOST_AUTO_TEST_CASE(beside_a_pinned_key_nobody_waits_and_another_one_awaits_approval) {
  const MailPki pinned = self_signed(), other = self_signed("p384");
  pin(pinned);
  smimea->gives({other.certificate.der()});
  smimea->pause = 300ms;
  const auto keys = usable(smimea_alone);
  BOOST_REQUIRE(keys);
  BOOST_TEST(keys->front().fingerprint == pinned.certificate.fingerprint());
  crypto::KeyFilter awaiting;
  awaiting.awaits_approval = true;
  while (store->list(awaiting, 10).value().empty())
    std::this_thread::sleep_for(20ms);
  BOOST_TEST(store->list(awaiting, 10).value().at(0).fingerprint == other.certificate.fingerprint());
  BOOST_TEST(usable(smimea_alone).value().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_key_that_its_source_names_no_more_is_gone_and_its_successor_is_used) {
  const MailPki before = self_signed(), after = self_signed("p384");
  smimea->gives({before.certificate.der()});
  BOOST_TEST(usable(smimea_alone).value().at(0).fingerprint == before.certificate.fingerprint());
  clock.forward(31min);
  smimea->gives({after.certificate.der()});
  const auto keys = usable(smimea_alone).value();
  BOOST_TEST(keys.size() == 1U);
  BOOST_TEST(keys[0].fingerprint == after.certificate.fingerprint());
}

BOOST_AUTO_TEST_CASE(who_is_not_asked_any_more_is_not_believed_any_more) {
  smimea->gives({self_signed().certificate.der()});
  BOOST_TEST(usable(smimea_alone).has_value());
  BOOST_TEST((usable({}).error().code == Errc::not_found));
  // Unless an administrator took the key for his own.
  BOOST_REQUIRE(store->set_trust({known(smimea_alone).keys.at(0).fingerprint, {}}, Trust::pinned));
  BOOST_TEST(usable({}).has_value());
}

BOOST_AUTO_TEST_CASE(only_user_ids_that_name_the_address_count) {
  const test::PgpKey hers = test::make_pgp_key("Bob <bob@lab.example>"),
                     eves = test::make_pgp_key("Eve <eve@lab.example>");
  openpgpkey->gives({hers.public_key, eves.public_key});
  wkd->gives({eves.public_key});
  look(pgp);
  const auto keys = known(pgp).keys;
  BOOST_REQUIRE(keys.size() == 1U);
  BOOST_TEST(keys[0].fingerprint == hers.fingerprint);
  BOOST_TEST(keys[0].source == "openpgpkey");
  BOOST_TEST((keys[0].trust == Trust::verified));
  BOOST_TEST(known(pgp).unlearned.empty());
  const auto lookups = store->lookups(bob).value();
  BOOST_TEST(lookups.at(1).source == "wkd");
  BOOST_TEST(lookups.at(1).said == "key " + eves.fingerprint + " has no user id with the address");
}

BOOST_AUTO_TEST_CASE(octets_that_are_no_key_are_an_answer_and_none) {
  openpgpkey->gives({"no key", std::string(300'000, 'x'), ""});
  smimea->gives({"no certificate"});
  look({KeyOrigin::openpgpkey, KeyOrigin::smimea});
  BOOST_TEST(known(pgp).keys.empty());
  BOOST_TEST((usable(smimea_alone).error().code == Errc::not_found));
  BOOST_TEST(openpgpkey->asked == 1U);
}

BOOST_AUTO_TEST_CASE(a_ladder_has_the_rungs_for_which_somebody_is_asked) {
  gateway::Config config;
  config.tenants.emplace_back().tenant.name = "clinic";
  const auto capabilities = [&] { return gateway::known_capabilities({config, nullptr}, "clinic", bob, clock.now()); };
  BOOST_TEST(!capabilities().smime);
  BOOST_TEST(!capabilities().openpgp);  // nobody, unless the configuration says so
  config.partner_settings["lab.example"].key_sources = {KeyOrigin::smimea};
  BOOST_TEST(capabilities().smime);
  BOOST_TEST(!capabilities().openpgp);
  BOOST_TEST(mail::format_evidence(capabilities().evidence.at(0)).contains("smimea"));
  config.partner_settings["lab.example"].key_sources = {KeyOrigin::wkd};
  BOOST_TEST(!capabilities().smime);
  BOOST_TEST(capabilities().openpgp);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
