// The scheduler at work, over threads: what waits for whom.
#include "gateway/scheduler.hpp"

#include <mutex>
#include <thread>

#include "tests/gateway/scene.hpp"

namespace {

using namespace postern;
using audit::EventKind;
using test::Scene;
using namespace std::chrono_literals;

/// Each domain has one server of its own; slow*.example's and dead.example's have addresses that the dialer knows.
struct OwnServers final : discovery::Resolver {
  net::awaitable<discovery::DnsAnswer> resolve(std::string name, discovery::RecordType type) override {
    discovery::DnsAnswer answer;
    answer.status = discovery::DnsStatus::insecure;
    answer.name_exists = true;
    if (type == discovery::RecordType::mx) answer.records = {{type, 60, 10, "mx." + name}};
    if (type == discovery::RecordType::a) answer.records = {{type, 60, 0, address_of(name)}};
    co_return answer;
  }
  static std::string address_of(const std::string& host) {
    return host.starts_with("mx.slow") ? "192.0.2.1" : host == "mx.dead.example" ? "192.0.2.2" : "192.0.2.3";
  }
};

/// 192.0.2.1 lets callers wait while `slow`, 192.0.2.2 refuses, everybody else takes mail at once.
struct Servers final : net::Dialer {
  std::atomic<bool> slow = true;
  std::atomic<unsigned> dialled_slow = 0, dialled_dead = 0;

  net::awaitable<std::unique_ptr<net::Stream>> dial(net::Endpoint to, std::chrono::milliseconds) override {
    if (to.address == "192.0.2.2") {
      ++dialled_dead;
      throw net::Broken("connection refused");
    }
    if (to.address == "192.0.2.1") {
      ++dialled_slow;
      while (slow)
        co_await net::sleep_for(5ms);
    }
    co_return std::make_unique<test::FakeMx>();
  }
};

struct Running {
  Scene scene;
  OwnServers resolver;
  Servers servers;
  std::unique_ptr<gateway::Services> services;
  net::Pool disk{"disk", 2, 20'000};
  net::Runtime io{2};
  std::optional<net::TaskGroup> tasks;
  std::optional<gateway::Scheduler> scheduler;

  Running() {
    scene.config.delivery_concurrency = 10;
    scene.config.destination = {8, 4, 1min};
  }
  ~Running() { stop(); }

  void start() {
    gateway::Services& old = scene.services();
    services.reset(new gateway::Services{scene.config, Current(old.tenants.get()), scene.clock, scene.random,
                                         *scene.spool, old.policy, resolver, servers, old.tls_client, disk, old.inspect,
                                         old.in_flight, old.being_read});
    tasks.emplace("deliveries");
    scheduler.emplace(*services, io, *tasks);
    scene.spool->on_change([this] { scheduler->wake(); });
    scheduler->start();
  }
  void stop() {
    servers.slow = false;
    if (!scheduler) return;
    scheduler->stop();
    (void)wait([this] { return scheduler->under_way() == 0; });
    tasks->cancel();
    tasks->join();
    scene.spool->on_change({});
    scheduler.reset();
  }

  /// Committed together, waited for at the end.
  void keep(const std::string& domain, unsigned messages, const std::string& tenant = "clinic") {
    std::atomic<unsigned> left = messages;
    for (unsigned i = 0; i < messages; ++i) {
      const QueueId id = QueueId::make(scene.clock.now(), scene.random);
      auto incoming = scene.spool->begin(id).value();
      BOOST_REQUIRE(incoming->append(test::small_message));
      BOOST_REQUIRE(incoming->finish());
      spool::MessageRecord record = test::message_record(id, scene.clock.now(), 1);
      record.envelope.origin.tenant = tenant;
      spool::RecipientRecord recipient = test::recipient_record(0, spool::Queued{scene.clock.now()});
      recipient.address = test::address("bob@" + domain);
      recipient.ladder = {mail::TlsRelay{mail::FinalMx{}, mail::TlsRequirement::at(mail::TlsLevel::opportunistic)}};
      scene.spool->commit(std::move(incoming), record, {recipient}, {}, {}, [&left](Result<void>) { --left; });
    }
    BOOST_REQUIRE(wait([&] { return left == 0; }));
  }
  template <class Condition>
  static bool wait(Condition condition, std::chrono::seconds longest = 60s) {
    const auto end = std::chrono::steady_clock::now() + longest;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(2ms);
    }
    return true;
  }
  [[nodiscard]] std::uint64_t waiting() const { return scene.spool->counts().messages; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(scheduling, Running)

BOOST_AUTO_TEST_CASE(ten_thousand_messages_to_one_slow_domain_delay_no_other) {
  keep("slow.example", 10'000);
  keep("other.example", 1);
  start();
  BOOST_TEST(wait([&] { return waiting() == 10'000; }));  // it went, from behind all of them
  BOOST_TEST(wait([&] { return servers.dialled_slow == 4U; }));
  for (unsigned i = 0; i < 20; ++i) {  // and what comes now goes as it comes, to other tenants' recipients too
    keep("other" + std::to_string(i) + ".example", 1, i % 2 == 0 ? "clinic" : "lab");
    BOOST_TEST(wait([&] { return waiting() == 10'000; }, 10s));
  }
  BOOST_TEST(servers.dialled_slow == 4U);
  BOOST_TEST(wait([&] { return scheduler->under_way() == 4U; }));  // a message is gone before its task has ended
}

BOOST_AUTO_TEST_CASE(domains_whose_servers_never_answer_delay_no_other_however_many_they_are) {
  for (unsigned i = 0; i < 30; ++i)
    keep("slow" + std::to_string(i) + ".example", 2);  // more than may be aside, if each domain had its four
  start();
  BOOST_TEST(wait([&] { return servers.dialled_slow >= 10U; }));
  keep("other.example", 1);
  BOOST_TEST(wait([&] { return waiting() == 60U; }, 20s));
  BOOST_TEST(servers.slow.load());
}

BOOST_AUTO_TEST_CASE(so_many_at_most_are_aside) {
  scene.config.delivery_concurrency = 2;
  for (unsigned i = 0; i < 30; ++i)
    keep("slow" + std::to_string(i) + ".example", 1);
  start();
  BOOST_TEST(wait([&] { return servers.dialled_slow == 2 + 4 * 2; }, 30s));
  std::this_thread::sleep_for(3s);  // longer than the patience with strangers
  BOOST_TEST(servers.dialled_slow == 10U);
  BOOST_TEST(scheduler->under_way() == 10U);
}

BOOST_AUTO_TEST_CASE(a_backlog_is_worked_off_to_its_end_each_message_once) {
  for (unsigned i = 0; i < 10; ++i) {
    keep("slow.example", 20, i % 2 == 0 ? "clinic" : "lab");
    keep("other.example", 20, i % 2 == 0 ? "clinic" : "lab");
  }
  start();
  BOOST_TEST(wait([&] { return waiting() == 200U; }));
  servers.slow = false;
  BOOST_TEST(wait([&] { return waiting() == 0; }));
  BOOST_TEST(scene.count(EventKind::delivered) == 400U);
  BOOST_TEST(scene.count(EventKind::attempting) == 400U);
}

BOOST_AUTO_TEST_CASE(a_destination_that_cannot_be_reached_is_tried_a_few_times_and_its_mail_put_off) {
  keep("dead.example", 300);
  start();
  // What is claimed is neither due nor under way yet: the events tell when all of it had its turn.
  BOOST_TEST(wait([&] { return scene.count(EventKind::deferred) == 300U && scheduler->under_way() == 0; }));
  BOOST_TEST(waiting() == 300U);
  BOOST_TEST(scene.count(EventKind::deferred) == 300U);
  BOOST_TEST(servers.dialled_dead <= 8U);
  BOOST_TEST(servers.dialled_dead >= 3U);
}

BOOST_AUTO_TEST_CASE(what_was_given_back_is_tried_again_without_a_restart) {
  keep("other.example", 1);
  const auto due = test::claim_due(*scene.spool, scene.clock.now(), 1).value();
  start();
  std::this_thread::sleep_for(50ms);
  BOOST_TEST(waiting() == 1U);
  scene.spool->unclaim(due.at(0).id, due.at(0).index);
  scheduler->wake();
  BOOST_TEST(wait([&] { return waiting() == 0; }));
}

BOOST_AUTO_TEST_SUITE_END()
