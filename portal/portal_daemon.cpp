#include "portal/portal_daemon.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include <pwd.h>
#include <unistd.h>

#include "base/current.hpp"
#include "base/log.hpp"
#include "base/privileges.hpp"
#include "base/program.hpp"
#include "base/service_manager.hpp"
#include "base/text_file.hpp"
#include "crypto/kek.hpp"
#include "net/local_listener.hpp"
#include "net/runtime.hpp"
#include "portal/config.hpp"
#include "portal/deposit_door.hpp"
#include "portal/metrics.hpp"
#include "portal/metrics_door.hpp"
#include "portal/responses.hpp"
#include "portal/site.hpp"

namespace postern::portal {

Config read_config_or_stop(const std::filesystem::path& file) {
  auto config = parse_config(or_stop(exit_configuration, read_text_file(file)), file.string());
  if (!config) stop(exit_configuration, std::move(config.error()));
  return std::move(*config);
}

namespace {

constexpr unsigned workers = 4;  // as many messages are in memory at once
constexpr std::size_t longest_queue = 10'000;
constexpr unsigned passphrases_at_once = 2;  // 64 MiB each (crypto/argon2.hpp), and a core
constexpr std::size_t longest_passphrase_queue = 50;
constexpr unsigned most_connections = 5'000;
constexpr std::chrono::minutes between_tends{5}, between_looks{1};
constexpr std::chrono::seconds handshake_patience{10};
constexpr std::size_t largest_logo = 64U << 10;

Result<std::shared_ptr<const net::TlsServer>> load_tls(const Config& config, const std::filesystem::path& base) {
  const auto certificate = load_secret(config.certificate, base);
  auto key = load_secret(config.key, base);
  if (!certificate || !key) return fail(certificate ? key.error() : certificate.error());
  net::TlsServerOptions options;
  options.certificate_pem = certificate->text();
  options.key_pem = std::move(*key);
  options.aead_only = true;
  return net::TlsServer::make(options);
}

/// The certificate and its key; connections that are open keep theirs.
void reload(Current<net::TlsServer>& tls, const Config& config, const std::filesystem::path& base) {
  tell_reloading();
  if (auto fresh = load_tls(config, base)) {
    tls.set(std::move(*fresh));
    log::info("reload: certificate read");
  } else {
    log::error("reload: {}", fresh.error().text);
    log::error("reload: what was in force stays in force");
  }
  tell_ready();
}

std::string logo_type(const std::string& octets, const std::filesystem::path& file) {
  if (octets.starts_with("\x89PNG")) return "image/png";
  if (octets.find("<svg") != std::string::npos) return "image/svg+xml";
  stop(exit_configuration, file.string() + " is neither a PNG nor an SVG");
}

SiteOptions site_options(const Config& config, const std::filesystem::path& base) {
  SiteOptions options;
  options.host = config.host;
  options.origin = config.origin;
  options.neutral.name = config.host;
  for (const auto& [tenant, configured] : config.tenants) {
    Brand brand = configured.brand;
    brand.style = "/brand/" + tenant + ".css";
    if (configured.logo) {
      const std::filesystem::path file = base / *configured.logo;
      std::string octets = or_stop(exit_configuration, read_text_file(file));
      if (octets.size() > largest_logo) stop(exit_configuration, file.string() + " has more than 64 KiB");
      brand.logo = "/brand/" + tenant + "/logo";
      const std::string type = logo_type(octets, file);
      options.logos.emplace(tenant, asset(std::move(octets), type));
    }
    options.brands.emplace(tenant, std::move(brand));
  }
  return options;
}

uid_t uid_of(const std::string& user) {
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) stop(exit_configuration, "deposit.user: there is no user '" + user + "'");
  return entry->pw_uid;
}

/// What a connection needs; the daemon outlives all of them.
struct Service {
  const Current<net::TlsServer>& tls;
  Site& site;
  net::Pool& pool;
  net::Pool& unlocking;  // where a passphrase is tried: who reads does not wait for it
  Metrics& metrics;
  net::HttpLimits limits;
};

net::HttpResult counted(Metrics& metrics, Site& site, const net::HttpCall& call) {
  net::HttpResult result = site.answer(call);
  metrics.answered(call, result);
  return result;
}

net::awaitable<void> serve_browser(const Service& service, std::unique_ptr<net::Stream> stream) {
  const Metrics::Connection connection(service.metrics);
  try {
    stream->expires_after(handshake_patience);
    const auto tls = service.tls.get();
    (void)co_await stream->accept_tls(*tls);
    co_await net::serve_http(
        *stream, service.limits,
        [&service](net::HttpCall call) -> net::awaitable<net::HttpResult> {
          net::Pool& pool = is_costly(call) ? service.unlocking : service.pool;
          auto work = [&site = service.site, &metrics = service.metrics, asked = std::move(call)] {
            return counted(metrics, site, asked);
          };
          co_return co_await net::offload(pool, std::move(work));
        },
        [&service](unsigned status, const net::HttpCall& head) {
          service.metrics.misunderstood(status);
          return service.site.misunderstood(status, head);
        });
  } catch (const net::Broken&) {  // browsers open more connections than they use
  } catch (const net::Overloaded&) {
    log::warning("portal: a request was dropped: all workers are busy");
  }
  co_await stream->shutdown();
}

net::awaitable<void> hang_up(std::unique_ptr<net::Stream> stream) {
  stream->close();
  co_return;
}

class Daemon {
 public:
  explicit Daemon(DaemonOptions options) : options_(std::move(options)) {}

  void run() {
    const Config config = read_config_or_stop(options_.config);
    const std::filesystem::path base = std::filesystem::absolute(options_.config).parent_path();
    const Secret kek = or_stop(exit_secrets, crypto::load_kek(config.kek, base, "kek"));
    Current<net::TlsServer> tls(or_stop(exit_secrets, load_tls(config, base)));
    SiteOptions pages = site_options(config, base);
    const crypto::Database database = or_stop(exit_secrets, crypto::load_database(config.store, config.state, base));
    const uid_t depositor = uid_of(config.depositor);

    net::Runtime io(std::max(1U, std::thread::hardware_concurrency()));
    net::TaskGroup connections("browsers"), deposits("deposits"), chores("chores");
    std::atomic<const Service*> ready = nullptr;
    const auto acceptors = listen(config, io, connections, ready);
    if (const auto became = become(options_.user); !became) stop(exit_secrets, became.error().text);

    StoreOptions store_options{database, config.state / "keys", kek};
    store_options.quota = config.quota;
    const auto store = or_stop(exit_spool, Store::open(std::move(store_options), clock_, random_));
    net::Pool pool("portal", workers, longest_queue);
    net::Pool unlocking("unlocking", passphrases_at_once, longest_passphrase_queue);
    Happenings happenings;
    Site site(std::move(pages), *store, happenings, clock_, random_);
    DepositDoor door(*store, happenings, pool, clock_);
    Metrics metrics;
    const Service service{tls, site, pool, unlocking, metrics, limits(site, pool)};
    const MetricsDoor metrics_door(metrics, site, *store, pool);
    const auto watched = watch(config.metrics, io, chores, metrics_door);
    const auto local =
        or_stop(exit_listen,
                net::LocalListener::open(io, deposits, config.socket, "deposit socket",
                                         [&door, depositor](net::LocalPeer peer, std::unique_ptr<net::Stream> stream) {
                                           return serve_depositor(door, depositor, peer, std::move(stream));
                                         }));
    io.on_signal({SIGTERM, SIGINT}, [this](int) { ending_.ask(); });
    io.on_signal({SIGHUP}, [&](int) {
      if (!pool.submit([&] { reload(tls, config, base); })) log::error("reload: too busy, try again");
    });
    chores.spawn(io.next(), "tending", tend(*store, pool));
    chores.spawn(io.next(), "forgetting", forget(site));
    ready = &service;
    log::info("ready: {} at {} address(es)", config.url, acceptors.size());
    tell_ready();

    ending_.wait();

    log::info("stopping");
    tell_stopping();
    for (const auto& acceptor : acceptors)
      acceptor->close();
    local->close();
    if (watched) watched->close();
    for (net::TaskGroup* tasks : {&connections, &deposits, &chores}) {
      tasks->cancel();
      tasks->join();
    }
    io.stop();
  }

 private:
  static net::HttpLimits limits(Site& site, net::Pool& pool) {
    net::HttpLimits limits;
    limits.body = [&site](const net::HttpCall& head, std::uint64_t announced) {
      return site.room_for(head, announced);
    };
    limits.piece = [&pool](auto next) { return net::offload(pool, std::move(next)); };
    return limits;
  }

  static std::unique_ptr<net::Acceptor> watch(const std::optional<net::Endpoint>& at, net::Runtime& io,
                                              net::TaskGroup& tasks, const MetricsDoor& door) {
    if (!at) return nullptr;
    net::AcceptorOptions options;
    options.at = *at;
    const auto serve = [&door](std::unique_ptr<net::Stream> stream) { return door.serve(std::move(stream)); };
    return or_stop(exit_listen, net::Acceptor::open(io, tasks, std::move(options), serve, hang_up));
  }

  std::vector<std::unique_ptr<net::Acceptor>> listen(const Config& config, net::Runtime& io, net::TaskGroup& tasks,
                                                     const std::atomic<const Service*>& ready) {
    std::vector<std::unique_ptr<net::Acceptor>> acceptors;
    for (const net::Endpoint& at : config.listen) {
      net::AcceptorOptions options;
      options.at = at;
      options.per_client = config.per_client;
      options.total = most_connections;
      options.is_balancer = [balancers = config.proxy](const std::string& address) {
        return std::ranges::any_of(balancers, [&](const Network& one) { return one.contains(address); });
      };
      acceptors.push_back(or_stop(exit_listen, net::Acceptor::open(
                                                   io, tasks, std::move(options),
                                                   [&ready](std::unique_ptr<net::Stream> stream) {
                                                     const Service* service = ready.load();
                                                     return service == nullptr
                                                                ? hang_up(std::move(stream))
                                                                : serve_browser(*service, std::move(stream));
                                                   },
                                                   hang_up)));
    }
    return acceptors;
  }

  static net::awaitable<void> serve_depositor(DepositDoor& door, uid_t depositor, net::LocalPeer peer,
                                              std::unique_ptr<net::Stream> stream) {
    if (peer.uid != depositor && peer.uid != 0) {
      log::warning("deposit socket: user {} may not deposit", peer.uid);
      co_return;
    }
    try {
      co_await door.serve(*stream);
    } catch (const net::Broken& broken) {
      log::warning("deposit socket: the connection ended: {}", broken.what());
    }
  }

  static net::awaitable<void> tend(Store& store, net::Pool& pool) {
    for (;;) {
      co_await net::sleep_for(between_tends);
      const Result<void> tended = co_await net::offload(pool, [&store] { return store.tend(); });
      if (!tended) log::error("tending the store failed: {}", tended.error().text);
    }
  }

  static net::awaitable<void> forget(Site& site) {
    for (;;) {
      co_await net::sleep_for(between_looks);
      site.forget_old();
    }
  }

  DaemonOptions options_;
  SystemClock clock_;
  SystemRandom random_;
  Ending ending_;
};

}  // namespace

int run_portal(const DaemonOptions& options) {
  std::signal(SIGHUP, SIG_IGN);  // until there is something to reload
  return run_program("postern-portal", [&options] { Daemon(options).run(); });
}

}  // namespace postern::portal
