// A whole gateway in this thread: its own spool over a disk in memory, one rule, an inspector, a resolver and hosts
// that do what a test tells them. `restart()` is the end of the process; what was not written is gone.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <string>

#include <boost/test/unit_test.hpp>

#include "audit/event.hpp"
#include "gateway/intake.hpp"
#include "gateway/pipeline.hpp"
#include "spool/open_over.hpp"
#include "tests/support/failing_store.hpp"
#include "tests/support/fake_mx.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/run.hpp"
#include "tests/support/spool_room.hpp"

namespace postern::test {

/// What the inspector does, by the number of the call, from 1.
enum class Inspection { clean, error, busy, garbage, no_parts, hang };

class ToldInspector final : public inspect::Inspector {
 public:
  using Told = std::function<Inspection(unsigned call)>;
  explicit ToldInspector(Told told) : told_(std::move(told)) {}
  ~ToldInspector() override { release(); }

  Result<std::string> inspect(const inspect::Message& message) override {
    std::unique_lock lock(mutex_);
    mail::Facts facts;
    facts.size = message.bytes().size();
    facts.parts = {{"0", "text/rfc822-headers", facts.size, false, {}}};
    switch (told_(++calls_)) {
      case Inspection::error: return fail(Errc::corrupt, "the worker makes no sense");
      case Inspection::busy: return fail(Errc::unavailable, "the worker is not back yet");
      case Inspection::garbage: return std::string("\x7f not facts");
      case Inspection::no_parts: facts.parts.clear(); break;
      case Inspection::hang: released_.wait(lock, [this] { return open_; }); break;
      case Inspection::clean: break;
    }
    return mail::encode_facts(facts);
  }
  /// Whoever hangs goes on.
  void release() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    released_.notify_all();
  }

 private:
  Told told_;
  std::mutex mutex_;
  std::condition_variable released_;
  unsigned calls_ = 0;
  bool open_ = false;
};

/// Every domain has one MX, mx.example at 192.0.2.9.
struct OneMx final : discovery::Resolver {
  discovery::DnsStatus status = discovery::DnsStatus::insecure;
  discovery::DnsStatus tlsa = discovery::DnsStatus::insecure;  // of that look-up, where `status` is secure
  std::map<std::string, std::string> texts;                    // TXT records by name
  net::awaitable<discovery::DnsAnswer> resolve(std::string name, discovery::RecordType type) override {
    discovery::DnsAnswer answer;
    answer.status = type == discovery::RecordType::tlsa ? tlsa : status;
    answer.name_exists = true;
    if (type == discovery::RecordType::mx) answer.records = {{type, 60, 10, "mx.example"}};
    if (type == discovery::RecordType::a) answer.records = {{type, 60, 0, "192.0.2.9"}};
    if (type == discovery::RecordType::txt && texts.contains(name)) answer.records = {{type, 60, 0, texts[name]}};
    co_return answer;
  }
};

/// Each connection leads to a host of the test's making.
struct ToldDialer final : net::Dialer {
  std::function<std::unique_ptr<net::Stream>()> connect = []() -> std::unique_ptr<net::Stream> {
    throw net::Broken("connection refused");
  };
  net::awaitable<std::unique_ptr<net::Stream>> dial(net::Endpoint, std::chrono::milliseconds) override {
    co_return connect();
  }
};

inline policy::Rules rules_of(const std::string& text) {
  policy::RulesInput input;
  input.files = {{"p.toml", "version = 1\n" + text}};
  input.read = [](const std::string&) -> Result<std::string> { return fail(Errc::io, "no files here"); };
  input.pattern_fault = [](std::string_view) { return std::string(); };
  input.today = std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(20'000)));
  auto rules = policy::parse_rules(input);
  if (!rules) BOOST_FAIL(format_diagnostic(rules.error().front()));
  return *rules;
}

/// What a sender says to hand over `message`, whose lines end with CRLF and do not begin with a dot.
inline std::string session_of(const std::string& message, const std::vector<std::string>& to = {"bob@lab.example"}) {
  std::string session = "EHLO mail.clinic.example\r\nMAIL FROM:<ann@clinic.example>\r\n";
  for (const std::string& one : to)
    session += "RCPT TO:<" + one + ">\r\n";
  return session + "DATA\r\n" + message + ".\r\nQUIT\r\n";
}
/// The code that followed 354 in what the gateway said.
inline std::string reply_to_body(const std::string& said) {
  const std::size_t asked = said.find("\r\n354 ");
  if (asked == std::string::npos) return {};
  const std::size_t end = said.find("\r\n", asked + 2);
  return end == std::string::npos ? "" : said.substr(end + 2, 3);
}
inline const std::string small_message =
    "From: ann@clinic.example\r\nMessage-ID: <1@clinic.example>\r\nSubject: x\r\n\r\nHello\r\n";

/// A message of at least `octets`, in lines.
inline std::string message_of(std::size_t octets) {
  std::string message = small_message;
  while (message.size() < octets)
    message += std::string(98, 'x') + "\r\n";
  return message;
}

class Scene {
 public:
  explicit Scene(
      std::string rules = "", ToldInspector::Told told = [](unsigned) { return Inspection::clean; })
      : inspector_(new ToldInspector(std::move(told))) {
    config.hostname = "gw.clinic.example";
    gateway::TenantConfig tenant;
    tenant.tenant.name = "clinic";
    tenant.tenant.domains = {"clinic.example"};
    tenant.tenant.bind.networks = {*Network::parse("192.0.2.0/24")};
    config.tenants = {tenant};
    config.egress = {*Network::parse("192.0.2.0/24")};  // where the hosts of all domains are
    auto snapshot = std::make_shared<gateway::PolicySnapshot>(
        gateway::PolicySnapshot{rules_of(rules), std::unique_ptr<inspect::Inspector>(inspector_)});
    policy_ = std::make_unique<gateway::PolicyHolder>(std::move(snapshot));
    restart();
  }
  ~Scene() { release_inspector(); }  // the pool joins its threads
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  /// The disk's N-th write from here on fails, and the process does no more.
  void fail_write(std::uint64_t at) {
    plan_->writes = 0;
    plan_->then_dead = true;
    plan_->fail_at = at;
  }
  /// The disk's N-th write from here on fails, and the next is good again.
  void fail_one_write(std::uint64_t at, FailedWrite outcome) {
    plan_->writes = 0;
    plan_->outcome = outcome;
    plan_->fail_at = at;
  }
  [[nodiscard]] bool failed_yet() const { return plan_->fail_at > 0 && plan_->writes >= plan_->fail_at; }

  /// How often the disk was written to since the process began.
  [[nodiscard]] std::uint64_t writes() const { return plan_->writes; }

  void restart() {
    services_.reset();
    spool.reset();
    plan_ = std::make_shared<Plan>();
    spool::SpoolOptions options = options_in(folder_.path());
    options.renditions = config.renditions;
    spool = spool::open_over(std::make_unique<FailingStore>(std::make_unique<MemoryStore>(disk_), plan_), options,
                             clock, random)
                .value();
    services_.reset(new gateway::Services{config, Current(tenants()), clock, random, *spool, *policy_, resolver, dialer,
                                          tls_client(), pool_, inspectors_, *in_flight, being_read});
  }
  /// Those of `config`, whose bindings hold no secrets here.
  [[nodiscard]] std::shared_ptr<const std::vector<policy::Tenant>> tenants() const {
    auto all = std::make_shared<std::vector<policy::Tenant>>();
    for (const gateway::TenantConfig& one : config.tenants)
      all->push_back(one.tenant);
    return all;
  }
  void allow_in_flight(std::uint64_t bytes) {
    in_flight = std::make_unique<ByteBudget>(bytes);
    restart();
  }

  [[nodiscard]] gateway::Services& services() { return *services_; }
  void release_inspector() { inspector_->release(); }

  /// A whole SMTP session of a sender that speaks `bytes`, over `stream` or one that never fails.
  void serve(net::Stream& stream) {
    smtp::ServerOptions options;
    options.hostname = config.hostname;
    options.starttls = smtp::Starttls::off;
    const auto intake = gateway::make_intake(services());
    run(smtp::serve(stream, options, *intake));
  }
  /// The reply to the message's last octet: "250", "451", "" where none came.
  std::string send(const std::string& message, const std::vector<std::string>& to = {"bob@lab.example"}) {
    MemoryStream stream(session_of(message, to));
    serve(stream);
    return reply_to_body(stream.out);
  }
  /// One turn of the scheduler: what is due is tried once.
  void deliver_due() {
    std::map<QueueId, std::vector<std::uint32_t>> due;
    for (const auto& one : claim_due(*spool, clock.now(), 100).value())
      due[one.id].push_back(one.index);
    for (const auto& [id, indexes] : due) {
      const spool::StoredMessage stored = spool->load(id).value();
      for (gateway::Group& group : gateway::groups_of(stored, indexes)) {
        run_while(gateway::send_on(services(), memory, stored.message, std::move(group)),
                  [this] { return !plan_->dead; });
      }
    }
  }

  [[nodiscard]] std::vector<spool::StoredMessage> queue() { return spool->list({}, 1000).value(); }
  [[nodiscard]] std::vector<audit::EventKind> events() {
    std::vector<audit::EventKind> kinds;
    for (const auto& [position, bytes] : spool->events_after(0, 10'000).value()) {
      kinds.push_back(audit::decode_event(bytes)->kind);
    }
    return kinds;
  }
  [[nodiscard]] std::size_t count(audit::EventKind kind) {
    return static_cast<std::size_t>(std::ranges::count(events(), kind));
  }

  gateway::Config config;
  TurnedClock clock;
  SeededRandom random;
  OneMx resolver;
  ToldDialer dialer;
  gateway::DomainMemory memory;
  std::unique_ptr<ByteBudget> in_flight = std::make_unique<ByteBudget>(1U << 20);
  ByteBudget being_read{1U << 20};
  std::unique_ptr<spool::Spool> spool;

 private:
  Folder folder_;
  std::shared_ptr<Disk> disk_ = std::make_shared<Disk>();
  std::shared_ptr<Plan> plan_;
  ToldInspector* inspector_;  // policy_ owns it
  std::unique_ptr<gateway::PolicyHolder> policy_;
  net::Pool pool_{"disk", 1, 100};
  net::Pool inspectors_{"inspect", 2, 100};
  std::unique_ptr<gateway::Services> services_;
};

}  // namespace postern::test
