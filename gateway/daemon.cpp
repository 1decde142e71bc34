#include "gateway/daemon.hpp"

#include <algorithm>
#include <csignal>
#include <mutex>
#include <thread>

#include "base/log.hpp"
#include "base/privileges.hpp"
#include "base/program.hpp"
#include "base/service_manager.hpp"
#include "crypto/token_address.hpp"
#include "gateway/connections.hpp"
#include "gateway/control.hpp"
#include "gateway/intake.hpp"
#include "gateway/isolation.hpp"
#include "gateway/key_service.hpp"
#include "gateway/load_config.hpp"
#include "gateway/pickup_service.hpp"
#include "gateway/projector.hpp"
#include "gateway/published_networks.hpp"
#include "gateway/return_intake.hpp"
#include "gateway/scheduler.hpp"
#include "gateway/sts_service.hpp"
#include "gateway/tls_reporter.hpp"
#include "net/runtime.hpp"
#include "smtp/replies.hpp"
#include "smtp/server_session.hpp"

namespace postern::gateway {
namespace {

constexpr unsigned disk_threads = 4;
constexpr std::size_t disk_queue = 20'000, inspect_queue = 1'000;
constexpr std::chrono::seconds drain_patience{10};

/// What a connection needs; set once the spool is open.
using Ready = std::atomic<Services*>;

/// What one listener's connections begin with; a reload replaces it.
using ListenerOptions = Current<smtp::ServerOptions>;

/// Before the service there is only one thing to say, and inside TLS nobody would hear it.
net::awaitable<void> turn_away(std::unique_ptr<net::Stream> stream, std::shared_ptr<ListenerOptions> listener,
                               mail::Reply (*reply)(const std::string& host)) {
  const auto options = listener->get();
  if (options->starttls != smtp::Starttls::implicit) {
    const std::string line = mail::format_reply(reply(options->hostname));
    stream->expires_after(std::chrono::seconds(5));
    co_await stream->write(line);
  }
  co_await stream->shutdown();
}

net::awaitable<void> serve_connection(Ready& ready, std::shared_ptr<ListenerOptions> listener, ListenerRole role,
                                      std::unique_ptr<net::Stream> stream) {
  Services* services = ready.load();
  if (services == nullptr) {
    co_await turn_away(std::move(stream), std::move(listener), smtp::replies::starting);
    co_return;
  }
  const auto options = listener->get();
  const auto intake = role == ListenerRole::returns ? make_return_intake(*services) : make_intake(*services);
  co_await smtp::serve(*stream, *options, *intake);
}

class Daemon {
 public:
  explicit Daemon(const DaemonOptions& options) : options_(options) {}

  void run() {
    read_configuration();
    // Listening needs what serves; both need threads. Whatever fails from here on unwinds in reverse.
    Ready ready = nullptr;
    net::Runtime io(std::max(1U, std::thread::hardware_concurrency()));
    net::TaskGroup connections("connections"), deliveries("deliveries"), control_tasks("control");
    const auto acceptors = listen(io, connections, ready);
    if (const auto became = become(options_.user); !became) stop(exit_secrets, became.error().text);

    const auto spool = open_spool();
    net::Pool disk("disk", disk_threads, disk_queue);
    net::Pool inspectors("inspect", std::max(1U, std::thread::hardware_concurrency()), inspect_queue);
    const auto udp = net::make_datagram_client();
    const auto dialer = net::make_dialer();
    const auto resolver =
        discovery::make_resolver({config_.resolver, config_.trusts_ad()}, *udp, *dialer, clock_, random_);
    // Of its own: a reload waits for it on one of the disk's threads, and four at once would be all of them.
    net::Pool network_files("networks", 1, 100);
    NetworkRefresh networks(
        *resolver, network_files, clock_, random_, {networks_folder(config_), config_.networks_floor},
        [this] { return published_names(*tenants_in_force_->get()); }, [this] { fill_networks(); });
    first_look_up_ = [&](const Tenants& tenants) {
      return networks.look_up_now(io, deliveries, published_names(tenants));
    };
    tenants_ = or_stop(exit_unanswered, with_networks(*tenants_));
    ByteBudget in_flight(config_.in_flight), being_read(config_.inspect_in_flight);
    Connections idle_connections(config_.reuse,
                                 [&deliveries](boost::asio::any_io_executor on, net::awaitable<void> task) {
                                   deliveries.spawn(std::move(on), "idle connections", std::move(task));
                                 });
    StsService sts(config_, *resolver, *dialer, tls_client_, &disk, clock_, random_);
    Services services{config_,           Current(tenants_), clock_, random_,    *spool,    *policy_,   *resolver,
                      *dialer,           tls_client_,       disk,   inspectors, in_flight, being_read, returns_,
                      &idle_connections, sts.lookup()};
    const Outward outward{*resolver, *dialer, tls_client_,
                          [&deliveries](boost::asio::any_io_executor on, net::awaitable<void> task) {
                            deliveries.spawn(std::move(on), "look-up about a key", std::move(task));
                          }};
    const auto keys = or_stop(exit_secrets, KeyService::open(config_, base_, kek_, clock_, random_, outward));
    services.keys = &keys->keys();
    services.seal = &keys->methods();

    const auto reporter = TlsReporter::open(services);
    if (reporter) services.tls_tallies = &reporter->tallies();

    const auto pickups = PickupService::open(config_, disk);
    if (pickups) services.portal = &pickups->client();
    services.token_key = crypto::token_key(kek_);

    tenants_in_force_ = &services.tenants;
    dkim_in_force_ = &services.dkim;
    services.dkim.set(dkim_);

    const auto projector =
        or_stop(exit_configuration, Projector::open(config_.sinks, *spool, std::string(kek_.text())));
    Scheduler scheduler(services, io, deliveries);
    spool->on_change([&scheduler, projector = projector.get()] {
      scheduler.wake();
      projector->wake();
    });
    Control control(services, {[&] { return status(services, scheduler); }, [this] { return reload(); }});
    const auto door = or_stop(exit_listen, net::LocalServer::open(io, control_tasks, config_.control_socket,
                                                                  [&control](net::LocalPeer peer, std::string request) {
                                                                    return control.handle(peer, std::move(request));
                                                                  }));
    io.on_signal({SIGTERM, SIGINT}, [this](int) { ending_.ask(); });
    io.on_signal({SIGHUP}, [this, &disk](int) { reload_in_background(disk); });
    scheduler.start();
    deliveries.spawn(io.next(), "key index", keys->keep_fresh());
    deliveries.spawn(io.next(), "networks", networks.keep_fresh());
    for (unsigned i = 0; sts.lookup() != nullptr && i < StsService::most_fetches; ++i)
      deliveries.spawn(io.next(), "MTA-STS policies", sts.keep_fresh());
    if (reporter) deliveries.spawn(io.next(), "TLS reports", reporter->run());
    if (pickups) deliveries.spawn(io.next(), "portal events", pickups->collect(services));
    if (pickups) deliveries.spawn(io.next(), "portal expiry", pickups->expire(services));
    ready = &services;
    log::info("ready: {} listener(s), {} rule(s), {} message(s) in the queue", config_.listeners.size(),
              policy_->get()->rules.size(), spool->counts().messages);
    tell_ready();

    ending_.wait();

    log::info("stopping");
    tell_stopping();
    for (const auto& acceptor : acceptors)
      acceptor->close();
    connections.cancel();
    connections.join();
    scheduler.stop();
    // An attempt cut off after its final dot would be a duplicate: let them end.
    for (auto waited = drain_patience; scheduler.under_way() > 0 && waited.count() > 0;
         waited -= std::chrono::seconds(1)) {
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
    deliveries.cancel();
    deliveries.join();
    door->close();
    control_tasks.cancel();
    control_tasks.join();
    spool->on_change({});
    if (reporter) reporter->save();
    io.stop();
  }

 private:
  void read_configuration() {
    auto config = load_config(options_.config);
    if (!config) stop(exit_configuration, config.error());
    config_ = std::move(*config);
    base_ = folder_of(options_.config);
    kek_ = or_stop(exit_secrets, load_kek(config_, base_));
    for (const ListenerConfig& listener : config_.listeners) {
      listener_options_.push_back(
          std::make_shared<ListenerOptions>(or_stop(exit_secrets, load_server_options(config_, listener, base_))));
    }
    tenants_ = or_stop(exit_secrets, load_tenants(config_, base_));
    returns_ = or_stop(exit_secrets, load_return_paths(config_, base_, kek_));
    auto dkim = load_dkim_keys(config_, base_);
    if (!dkim) stop(exit_secrets, without_place(dkim.error()));
    dkim_ = std::move(*dkim);
    tls_client_ = or_stop(exit_secrets, load_tls_client(config_));
    if (auto possible = check_isolation(config_, options_.user); !possible)
      stop(exit_configuration, possible.error().text);
    auto policy = load_policy(config_, clock_, random_, isolated(config_, options_.user));
    if (!policy) stop(exit_configuration, policy.error());
    policy_ = std::make_unique<PolicyHolder>(std::move(*policy));
  }

  std::vector<std::unique_ptr<net::Acceptor>> listen(net::Runtime& io, net::TaskGroup& tasks, Ready& ready) {
    const auto inherited = inherited_sockets();
    std::vector<std::unique_ptr<net::Acceptor>> acceptors;
    for (std::size_t i = 0; i < config_.listeners.size(); ++i) {
      const ListenerConfig& listener = config_.listeners[i];
      const std::shared_ptr<ListenerOptions> options = listener_options_[i];
      const ListenerRole role = listener.role;
      const auto open = [&](const net::Endpoint& at, int socket) {
        acceptors.push_back(or_stop(exit_listen, net::Acceptor::open(
                                                     io, tasks, acceptor_options(listener, at, socket),
                                                     [&ready, options, role](std::unique_ptr<net::Stream> stream) {
                                                       return serve_connection(ready, options, role, std::move(stream));
                                                     },
                                                     [options](std::unique_ptr<net::Stream> stream) {
                                                       return turn_away(std::move(stream), options,
                                                                        smtp::replies::too_many_connections);
                                                     })));
      };
      for (const net::Endpoint& at : listener.address)
        open(at, -1);
      for (const std::string& name : listener.sockets) {
        const auto found = inherited.find(name);
        if (found == inherited.end()) stop(exit_listen, "systemd holds no socket named '" + name + "' for us");
        for (const int socket : found->second)
          open({}, socket);
      }
    }
    return acceptors;
  }

  static net::AcceptorOptions acceptor_options(const ListenerConfig& listener, const net::Endpoint& at, int socket) {
    net::AcceptorOptions options;
    options.at = at;
    options.inherited = socket;
    options.per_client = listener.per_client;
    options.is_balancer = [balancers = listener.proxy](const std::string& address) {
      return std::ranges::any_of(balancers, [&](const Network& one) { return one.contains(address); });
    };
    return options;
  }

  std::unique_ptr<spool::Spool> open_spool() {
    spool::SpoolOptions options;
    options.dir = config_.state / "spool";
    options.kek = kek_;
    options.min_free = config_.min_free;
    options.renditions = config_.renditions;
    options.facts_keep = config_.facts_keep;
    auto spool = or_stop(exit_spool, spool::Spool::open(std::move(options), clock_, random_));
    const spool::Recovery& recovery = spool->recovery();
    if (!recovery.note.empty()) log::error("spool: {}", recovery.note);
    if (recovery.set_aside > 0)
      log::warning("spool: {} record(s) set aside, see docs/operations.md", recovery.set_aside);
    if (recovery.maybe_sent > 0) log::warning("spool: {} recipient(s) may get a message twice", recovery.maybe_sent);
    return spool;
  }

  /// The policy, the listeners' certificates, the tenants' bindings and DKIM keys, all of it or nothing.
  Diagnostics reload() {
    tell_reloading();
    const Diagnostics wrong = reload_all();
    for (const Diagnostic& one : wrong)
      log::error("reload: {}", format_diagnostic(one));
    if (!wrong.empty()) log::error("reload: what was in force stays in force");
    tell_ready();
    return wrong;
  }

  Diagnostics reload_all() {
    auto policy = load_policy(config_, clock_, random_, isolated(config_, options_.user));
    if (!policy) return policy.error();
    const auto written = load_config(options_.config);
    if (!written) return written.error();
    const Config bound = with_bindings_of(config_, *written);
    std::vector<std::shared_ptr<const smtp::ServerOptions>> fresh;
    for (const ListenerConfig& listener : bound.listeners) {
      auto options = load_server_options(bound, listener, base_);
      if (!options) return {Diagnostic{options_.config.string(), 0, 0, options.error().text}};
      fresh.push_back(std::move(*options));
    }
    const auto loaded = load_tenants(bound, base_);
    if (!loaded) return without_place({loaded.error().text});
    const auto known = first_look_up_(**loaded);
    if (!known) return without_place({known.error().text});
    auto dkim = load_dkim_keys(bound, base_);
    if (!dkim) return without_place(dkim.error());
    const std::lock_guard lock(tenants_mutex_);
    auto tenants = with_published(**loaded, networks_folder(config_));
    if (!tenants) return without_place({tenants.error().text});
    // First whom authorities vouch for, then who demands it.
    for (std::size_t i = 0; i < fresh.size(); ++i)
      listener_options_[i]->set(std::move(fresh[i]));
    tenants_in_force_->set(std::move(*tenants));
    dkim_in_force_->set(std::move(*dkim));
    log::info("reload: policy {} in force, {} rule(s); certificates read", (*policy)->rules.hash().substr(0, 12),
              (*policy)->rules.size());
    policy_->set(std::move(*policy));
    return {};
  }

  /// With what is kept of the SPF records that they name; what is not kept yet is looked up.
  Result<std::shared_ptr<const Tenants>> with_networks(const Tenants& tenants) const {
    if (auto known = first_look_up_(tenants); !known) return fail(known.error());
    return with_published(tenants, networks_folder(config_));
  }

  /// A list has changed on disk.
  void fill_networks() {
    if (tenants_in_force_ == nullptr) return;  // the first look-up: they are filled after it
    const std::lock_guard lock(tenants_mutex_);
    auto filled = with_published(*tenants_in_force_->get(), networks_folder(config_));
    if (filled) {
      tenants_in_force_->set(std::move(*filled));
    } else {
      log::error("{}", filled.error().text);
    }
  }

  [[nodiscard]] Diagnostics without_place(const std::vector<std::string>& texts) const {
    Diagnostics lines;
    for (const std::string& text : texts)
      lines.push_back({options_.config.string(), 0, 0, text});
    return lines;
  }

  void reload_in_background(net::Pool& disk) {
    if (!disk.submit([this] { reload(); })) log::error("reload: too busy, try again");
  }

  boost::json::object status(const Services& services, const Scheduler& scheduler) const {
    const spool::QueueCounts counts = services.spool.counts();
    const Policy policy = services.policy.get();
    return {{"ok", true},
            {"hostname", config_.hostname},
            {"messages", counts.messages},
            {"queued", counts.queued},
            {"held", counts.held},
            {"unjudged", counts.unjudged},
            {"delivering", scheduler.under_way()},
            {"bytes_in_flight", services.in_flight.used()},
            {"policy", policy->rules.hash()},
            {"rules", policy->rules.size()},
            {"started", format_rfc3339(started_)}};
  }

  DaemonOptions options_;
  SystemClock clock_;
  SystemRandom random_;
  Config config_;
  std::filesystem::path base_;  // of relative references
  Secret kek_;
  std::vector<std::shared_ptr<ListenerOptions>> listener_options_;
  std::shared_ptr<const Tenants> tenants_;
  std::shared_ptr<const ReturnPaths> returns_;
  std::shared_ptr<const DkimKeys> dkim_;
  Current<Tenants>* tenants_in_force_ = nullptr;  // while there are services
  std::mutex tenants_mutex_;                      // who replaces them
  std::function<Result<void>(const Tenants&)> first_look_up_;
  Current<DkimKeys>* dkim_in_force_ = nullptr;
  std::shared_ptr<const net::TlsClient> tls_client_;
  std::unique_ptr<PolicyHolder> policy_;
  Time started_ = clock_.now();
  Ending ending_;
};

}  // namespace

int run_daemon(const DaemonOptions& options) {
  std::signal(SIGHUP, SIG_IGN);  // until there is something to reload
  return run_program("posternd", [&options] { Daemon(options).run(); });
}

}  // namespace postern::gateway
