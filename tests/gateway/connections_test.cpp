// Connections that carry one message after another: which, how many, how long, and what a peer's silence costs.
#include "gateway/connections.hpp"

#include <future>
#include <thread>

#include "tests/gateway/scene.hpp"

namespace {

using namespace postern;
using namespace postern::gateway;
using audit::EventKind;
using namespace std::chrono_literals;

const std::string protect_lab = R"(
[[rule]]
name = "lab"
when.to = "lab.example"
then = { action = "protect", reason = "All of it" }
)";

/// A host that outlives its connection.
using Host = test::FakeMx;
struct Cable final : test::QuietStream {
  std::shared_ptr<Host> host;
  explicit Cable(std::shared_ptr<Host> to) : host(std::move(to)) {}
  net::awaitable<std::size_t> read_some(std::span<char> into) override { co_return co_await host->read_some(into); }
  net::awaitable<void> write(std::string_view bytes) override { co_await host->write(bytes); }
  net::awaitable<net::TlsSession> start_tls(const net::TlsClient& client, std::string name) override {
    co_return co_await host->start_tls(client, std::move(name));
  }
  net::awaitable<void> shutdown() override {
    co_await host->shutdown();
    closed = true;
  }
};

ConnectionKey key(mail::TlsLevel level = mail::TlsLevel::none, std::string host = "mx.example") {
  return {std::move(host), {"192.0.2.9", 25}, false, mail::TlsRequirement::at(level)};
}

struct Reusing {
  test::Scene scene{protect_lab};
  std::vector<net::awaitable<void>> sweepers;  // that never run
  Connections connections{{1h, 3, 4}, [this](auto, auto task) { sweepers.push_back(std::move(task)); }};
  std::vector<std::shared_ptr<Host>> dialled;

  ~Reusing() { sweepers.clear(); }
  Reusing() {
    scene.services().connections = &connections;
    scene.dialer.connect = [this]() -> std::unique_ptr<net::Stream> {
      dialled.push_back(std::make_shared<Host>());
      return std::make_unique<Cable>(dialled.back());
    };
  }
  void send(const std::string& to, unsigned messages = 1) {
    for (unsigned i = 0; i < messages; ++i) {
      BOOST_REQUIRE(scene.send(test::small_message, {to}) == "250");
      scene.deliver_due();
    }
  }
  [[nodiscard]] std::size_t mails(std::size_t host) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        dialled.at(host)->commands, [](const std::string& line) { return line.starts_with("MAIL"); }));
  }

  /// A session that is open.
  static std::unique_ptr<Connection> used() {
    smtp::ClientOptions options{"gw.example", "mx.example", test::tls_client(), {}, false};
    auto connection = std::make_unique<Connection>(std::make_unique<Cable>(std::make_shared<Host>()), options,
                                                   mail::TlsRequirement::at(mail::TlsLevel::none));
    BOOST_REQUIRE(!test::run(connection->session.open()));
    return connection;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(reuse, Reusing)

BOOST_AUTO_TEST_CASE(messages_to_one_host_share_a_connection_up_to_its_number_of_messages) {
  send("bob@there.example", 3);
  BOOST_TEST(dialled.size() == 1U);
  send("ann@elsewhere.example");  // another domain of the same host
  BOOST_TEST(dialled.size() == 1U);
  BOOST_TEST(mails(0) == 4U);
  BOOST_TEST(dialled[0]->commands.back() == "QUIT");  // four is the most
  send("bob@there.example");
  BOOST_TEST(dialled.size() == 2U);
  BOOST_TEST(scene.count(EventKind::delivered) == 5U);
}

BOOST_AUTO_TEST_CASE(protected_mail_never_takes_the_connection_that_other_mail_opened_nor_the_other_way_round) {
  send("bob@there.example");
  BOOST_TEST(dialled.size() == 1U);
  BOOST_TEST(dialled[0]->mail_in_tls);  // opportunistic, and it happens to be TLS
  send("bob@lab.example");
  BOOST_TEST(dialled.size() == 2U);
  BOOST_TEST(mails(0) == 1U);
  send("bob@there.example");
  send("bob@lab.example");
  BOOST_TEST(dialled.size() == 2U);
  BOOST_TEST(mails(0) == 2U);
  BOOST_TEST(mails(1) == 2U);
  BOOST_TEST(scene.count(EventKind::delivered) == 4U);
}

BOOST_AUTO_TEST_CASE(a_host_that_ended_an_idle_connection_costs_a_new_one_and_nothing_else) {
  for (const std::string answer : {"", "421 4.4.2 idle too long\r\n", "451 enough\r\n"}) {
    const std::size_t before = dialled.size(), delivered = scene.count(EventKind::delivered);
    send("bob@there.example");
    dialled.back()->replies["MAIL"] = answer;
    if (answer.empty()) dialled.back()->replies["RCPT"] = "";
    send("bob@there.example");
    BOOST_TEST(dialled.size() == before + 2);
    BOOST_TEST(scene.count(EventKind::delivered) == delivered + 2);
    BOOST_TEST(scene.count(EventKind::deferred) == 0U);
    BOOST_TEST(scene.count(EventKind::uncertain) == 0U);
    BOOST_TEST(scene.count(EventKind::attempting) == scene.count(EventKind::delivered));
    dialled.back()->replies["MAIL"] = "421 bye\r\n";
    while (connections.take(key(mail::TlsLevel::opportunistic))) {
    }
  }
}

BOOST_AUTO_TEST_CASE(all_of_the_key_must_be_equal) {
  const ConnectionKey right = key(mail::TlsLevel::opportunistic);
  std::vector<ConnectionKey> wrong(11, right);
  wrong[0].host = "mx2.example";
  wrong[1].address.address = "192.0.2.10";
  wrong[2].address.port = 26;
  wrong[3].avoid_tls = true;
  wrong[4].requirement.level = mail::TlsLevel::none;
  wrong[5].requirement.level = mail::TlsLevel::encrypted;
  wrong[6].requirement.names = {"mx.example"};
  wrong[7].requirement.version = mail::TlsVersion::tls1_3;
  wrong[8].requirement.tlsa = {{3, 1, 1, std::string(32, 'a')}};
  wrong[9].requirement.promised = true;
  wrong[10].requirement.pins = {"key:sha256:00"};
  test::run(connections.put(right, used()));
  for (const ConnectionKey& other : wrong)
    BOOST_TEST((connections.take(other) == nullptr));
  BOOST_TEST((connections.take(right) != nullptr));
  BOOST_TEST((connections.take(right) == nullptr));
}

BOOST_AUTO_TEST_CASE(no_more_are_kept_than_allowed_and_the_oldest_goes) {
  for (const std::string host : {"a", "b", "c", "d"})
    test::run(connections.put(key(mail::TlsLevel::none, host), used()));
  BOOST_TEST(connections.idle() == 3U);
  BOOST_TEST((connections.take(key(mail::TlsLevel::none, "a")) == nullptr));
  BOOST_TEST((connections.take(key(mail::TlsLevel::none, "d")) != nullptr));
}

BOOST_AUTO_TEST_CASE(another_thread_does_not_get_what_lives_on_this_one) {
  test::run(connections.put(key(), used()));
  const bool got = std::async(std::launch::async, [&] { return connections.take(key()) != nullptr; }).get();
  BOOST_TEST(!got);
  BOOST_TEST((connections.take(key()) != nullptr));
}

BOOST_AUTO_TEST_CASE(idle_connections_end_in_time_and_with_the_gateway) {
  net::Runtime io(1);
  net::TaskGroup tasks("idle");
  Connections quick({50ms, 10, 10},
                    [&tasks](auto on, auto task) { tasks.spawn(std::move(on), "idle", std::move(task)); });
  const auto host = std::make_shared<Host>();
  const auto put = [&](Connections& into, std::shared_ptr<Host> to) {
    std::promise<void> done;
    tasks.spawn(io.next(), "put",
                [](Connections* c, std::shared_ptr<Host> h, std::promise<void>* d) -> net::awaitable<void> {
                  smtp::ClientOptions options{"gw.example", "mx.example", test::tls_client(), {}, false};
                  auto connection = std::make_unique<Connection>(std::make_unique<Cable>(h), options,
                                                                 mail::TlsRequirement::at(mail::TlsLevel::none));
                  (void)co_await connection->session.open();
                  co_await c->put(key(), std::move(connection));
                  d->set_value();
                }(&into, std::move(to), &done));
    done.get_future().wait();
  };
  put(quick, host);
  for (int i = 0; i < 500 && (quick.idle() > 0 || tasks.size() > 0); ++i)
    std::this_thread::sleep_for(10ms);
  BOOST_TEST(quick.idle() == 0U);
  BOOST_TEST(tasks.size() == 0U);
  BOOST_TEST(host->commands.back() == "QUIT");
  BOOST_TEST(host->closed);

  Connections slow({1h, 10, 10}, [&tasks](auto on, auto task) { tasks.spawn(std::move(on), "idle", std::move(task)); });
  put(slow, std::make_shared<Host>());
  BOOST_TEST(slow.idle() == 1U);
  tasks.cancel();
  tasks.join();
  BOOST_TEST(slow.idle() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
