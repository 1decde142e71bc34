#include "gateway/published_networks.hpp"

#include <algorithm>
#include <future>
#include <map>

#include "base/kept_file.hpp"
#include "base/log.hpp"
#include "discovery/bounded.hpp"
#include "discovery/spf.hpp"

namespace postern::gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "# Postern: networks of an SPF record, kept by posternd\n";
constexpr Duration longest = std::chrono::hours(24), tick = std::chrono::minutes(1);

/// Names are of letters, digits, '-', '_' and '.', and begin with none of the last: see discovery/spf.
fs::path file_of(const fs::path& folder, const std::string& domain) {
  return folder / (domain + ".txt");
}

/// What a look-up found, on disk; true where the list is another now.
Result<bool> keep(const fs::path& folder, const std::string& domain, const std::vector<std::string>& networks,
                  const std::string& today) {
  const auto fresh = parse_named_networks(joined_lines(networks));
  if (!fresh) return fail(fresh.error());
  const auto kept = load_published(folder, domain);
  const std::string present = kept ? joined_lines(kept->written) : "";
  auto text = refreshed_file(present, *fresh, "SPF record of " + domain, today);
  if (!text) return fail(text.error());
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  if (auto written = write_kept(file_of(folder, domain), magic, *text); !written) return fail(written.error());
  const auto missing_in = [](const NamedNetworks& one, const NamedNetworks& other) {
    return std::ranges::any_of(one.networks, [&](const Network& network) {
      return std::ranges::find(other.networks, network) == other.networks.end();
    });
  };
  return !kept || missing_in(*kept, *fresh) || missing_in(*fresh, *kept);
}

}  // namespace

fs::path networks_folder(const Config& config) {
  return config.state / "networks";
}

Result<NamedNetworks> load_published(const fs::path& folder, const std::string& domain) {
  const fs::path file = file_of(folder, domain);
  const auto text = read_kept(file, magic);
  if (!text) return fail(text.error());
  if (!*text) return fail(Errc::not_found, "there is no " + file.string());
  const auto networks = parse_named_networks(**text);
  return networks ? networks : damaged(file);
}

std::set<std::string> published_names(const Tenants& tenants) {
  std::set<std::string> names;
  for (const policy::Tenant& tenant : tenants) {
    for (const policy::PublishedNetworks& one : tenant.bind.published)
      names.insert(one.domain);
  }
  return names;
}

Result<std::shared_ptr<const Tenants>> with_published(const Tenants& tenants, const fs::path& folder) {
  auto filled = std::make_shared<Tenants>(tenants);
  for (policy::Tenant& tenant : *filled) {
    for (policy::PublishedNetworks& one : tenant.bind.published) {
      auto kept = load_published(folder, one.domain);
      if (!kept) return fail(kept.error().code, "nothing is known of spf:" + one.domain + ": " + kept.error().text);
      one.networks = std::move(kept->networks);
    }
  }
  return filled;
}

Duration next_look_up(std::uint32_t ttl, Duration floor, Random& random) {
  const Duration base = std::clamp<Duration>(std::chrono::seconds(ttl), floor, std::max(floor, longest));
  const auto tenth = static_cast<std::uint64_t>(base.count() / 10);
  return base - Duration(tenth) + Duration(random.below(2 * tenth + 1));
}

NetworkRefresh::NetworkRefresh(discovery::Resolver& resolver, net::Pool& disk, const Clock& clock, Random& random,
                               RefreshOptions options, std::function<std::set<std::string>()> names,
                               std::function<void()> changed)
    : resolver_(resolver),
      disk_(disk),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      names_(std::move(names)),
      changed_(std::move(changed)) {}

net::awaitable<Result<Duration>> NetworkRefresh::look_up(std::string domain) {
  discovery::BoundedResolver resolver(resolver_, clock_, options_.patience);
  auto found = co_await discovery::find_spf_networks(resolver, domain);
  if (!found) co_return fail(found.error());
  const std::size_t count = found->networks.size();
  // On the pool's thread, as it reads the disk, too: what is kept comes into force.
  auto work = [folder = options_.folder, domain, networks = std::move(found->networks),
               today = format_rfc3339(clock_.now()), changed = changed_]() -> Result<bool> {
    auto another = keep(folder, domain, networks, today);
    if (another && *another) changed();
    return another;
  };
  Result<bool> kept = fail(Errc::unavailable, "the disk is busy");
  try {
    kept = co_await net::offload(disk_, std::move(work));
  } catch (const net::Overloaded&) {
    // Another time.
  }
  if (!kept) co_return fail(kept.error());
  if (*kept) log::warning("the networks of spf:{} have changed: {} now", domain, count);
  co_return next_look_up(found->ttl, options_.floor, random_);
}

Result<void> NetworkRefresh::look_up_now(net::Runtime& io, net::TaskGroup& tasks, const std::set<std::string>& names) {
  const auto look_up_all = [](NetworkRefresh* self, std::vector<std::string> unknown,
                              std::shared_ptr<std::promise<Result<void>>> done) -> net::awaitable<void> {
    for (const std::string& name : unknown) {
      const auto known = co_await self->look_up(name);
      if (!known) {
        done->set_value(fail(known.error().code, "nothing is known of spf:" + name + ": " + known.error().text));
        co_return;
      }
    }
    done->set_value({});
  };
  std::vector<std::string> unknown;
  std::ranges::copy_if(names, std::back_inserter(unknown),
                       [this](const std::string& name) { return !load_published(options_.folder, name); });
  if (unknown.empty()) return {};
  const auto done = std::make_shared<std::promise<Result<void>>>();
  auto answered = done->get_future();
  tasks.spawn(io.next(), "first networks", look_up_all(this, std::move(unknown), done));
  try {
    return answered.get();
  } catch (const std::future_error&) {
    return fail(Errc::unavailable, "the gateway is stopping");  // the task was cancelled
  }
}

net::awaitable<void> NetworkRefresh::keep_fresh() {
  std::map<std::string, Time> due;
  std::set<std::string> ailing;
  for (;;) {
    for (const std::string& name : names_()) {
      if (due[name] > clock_.now()) continue;
      const auto good_for = co_await look_up(name);
      due[name] = clock_.now() + good_for.value_or(options_.floor);
      if (good_for) {
        ailing.erase(name);
      } else if (ailing.insert(name).second) {
        log::warning("the networks of spf:{} stay as they are: {}", name, good_for.error().text);
      }
    }
    co_await net::sleep_for(std::min(tick, options_.floor));
  }
}

}  // namespace postern::gateway
