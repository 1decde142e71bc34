// check, explain, probe: what needs no daemon.
#include <future>
#include <iostream>
#include <map>

#include "gateway/check.hpp"
#include "gateway/explain.hpp"
#include "gateway/key_service.hpp"
#include "gateway/load_config.hpp"
#include "gateway/main/command.hpp"
#include "gateway/policy_snapshot.hpp"
#include "gateway/probe.hpp"
#include "gateway/sts_service.hpp"
#include "net/runtime.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

int run_check(const Options& options) {
  const CheckReport report = check(options.config, !options.no_secrets);
  for (const std::string& line : report.networks)
    std::cout << "networks: " << line << "\n";
  for (const std::string& line : report.warnings)
    std::cout << "warning: " << line << "\n";
  for (const std::string& line : report.errors)
    std::cout << "error: " << line << "\n";
  for (const std::string& record : report.publish)
    std::cout << "publish: " << record << "\n";
  std::cout << report.rules << " rules, " << report.tests << " policy tests, " << report.errors.size() << " errors, "
            << report.warnings.size() << " warnings\n";
  return report.errors.empty() ? exit_ok : exit_configuration;
}

/// A coroutine's end, waited for.
template <class T>
net::awaitable<void> keep_promise(std::shared_ptr<std::promise<T>> promise, net::awaitable<T> task) {
  std::exception_ptr thrown;
  try {
    promise->set_value(co_await std::move(task));
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) promise->set_exception(thrown);
}
template <class T>
T wait_for(net::Runtime& io, net::awaitable<T> task) {
  net::TaskGroup tasks("command");
  const auto promise = std::make_shared<std::promise<T>>();
  auto end = promise->get_future();
  tasks.spawn(io.next(), "command", keep_promise(promise, std::move(task)));
  T value = end.get();
  tasks.join();
  return value;
}

/// The network as the gateway uses it, for one command.
struct Network {
  explicit Network(const Config& config)
      : resolver(discovery::make_resolver({config.resolver, config.trusts_ad()}, *udp, *dialer, clock, random)) {}
  SystemClock clock;
  SystemRandom random;
  net::Runtime io{1};
  std::unique_ptr<net::DatagramClient> udp = net::make_datagram_client();
  std::unique_ptr<net::Dialer> dialer = net::make_dialer();
  std::unique_ptr<discovery::Resolver> resolver;
  std::optional<StsService> sts;

  ProbeTools tools(const Config& config, std::shared_ptr<const net::TlsClient> tls) {
    sts.emplace(config, *resolver, *dialer, tls, nullptr, clock, random);
    return {config, *resolver, *dialer, std::move(tls), random, clock, sts->lookup(), {}, nullptr};
  }
};

int run_probe(const Options& options) {
  const auto config = load_config(options.config);
  if (!config) return complain(config.error());
  const auto target = parse_probe_target(options.target, options.tenant, *config);
  if (!target) return complain(target.error().text, exit_usage);
  const auto tls = load_tls_client(*config);
  if (!tls) return complain(tls.error().text, exit_secrets);
  Network network(*config);
  const auto keys = look_at_keys(*config, folder_of(options.config), network.clock, network.random);
  if (!keys) return complain(keys.error().text, exit_secrets);
  ProbeTools tools = network.tools(*config, *tls);
  tools.keys = *keys;
  const auto sources = make_key_sources(*config, folder_of(options.config), *network.resolver, *network.dialer, *tls,
                                        network.clock, network.random);
  if (!sources) return complain(sources.error().text, exit_secrets);
  tools.key_sources = &*sources;
  const json::object report = wait_for(network.io, probe(tools, *target));
  if (options.as_json) {
    print_json(report);
  } else {
    std::cout << format_probe(report);
  }
  return report.contains("hosts") ? exit_ok : exit_problem;
}

int run_explain(const Options& options) {
  const auto config = load_config(options.config);
  if (!config) return complain(config.error());
  const SystemClock clock;
  SystemRandom random;
  const auto policy = load_policy(*config, clock, random);
  if (!policy) return complain(policy.error());

  ExplainInput input;
  auto message = read_input(options.message);
  if (!message) return complain(message.error().text, exit_problem);
  input.message = std::move(*message);
  input.requiretls = options.requiretls;
  if (!options.from.empty() && options.from != "<>") {
    const auto from = mail::Address::parse(options.from);
    if (!from) return complain("--from: " + from.error().text, exit_usage);
    input.from = *from;
  }
  for (const std::string& text : options.to) {
    const auto to = mail::Address::parse(text);
    if (!to) return complain("--to " + text + ": " + to.error().text, exit_usage);
    input.to.push_back(*to);
  }
  if (options.look_up) {
    const auto tls = load_tls_client(*config);
    if (!tls) return complain(tls.error().text, exit_secrets);
    Network network(*config);
    const ProbeTools tools = network.tools(*config, *tls);
    for (const mail::Address& to : input.to)
      input.looked_up[to.domain()] = wait_for(network.io, look_up(tools, to.domain()));
  }
  const auto keys = look_at_keys(*config, folder_of(options.config), clock, random);
  if (!keys) return complain(keys.error().text, exit_secrets);
  input.keys = *keys;
  const json::object explanation = explain(input, *config, **policy, clock.now());
  if (options.as_json) {
    print_json(explanation);
  } else {
    std::cout << format_explanation(explanation);
  }
  return exit_ok;
}

}  // namespace

void add_looks(CLI::App& app, Options& options, Run& run) {
  CLI::App* checking = app.add_subcommand("check", "Is the configuration right, do the policy's tests pass?");
  checking->add_flag("--no-secrets", options.no_secrets, "Do not read keys and certificates");
  checking->callback([&] { run = [&] { return run_check(options); }; });

  CLI::App* explaining = app.add_subcommand("explain", "What would happen to this message, and why (needs no daemon)");
  explaining->add_option("MESSAGE", options.message, "A message file (.eml); - is standard input")->required();
  explaining->add_option("--from", options.from, "Envelope sender; <> or nothing is the null sender");
  explaining->add_option("--to", options.to, "Envelope recipients")->required();
  explaining->add_flag("--requiretls", options.requiretls, "MAIL FROM says REQUIRETLS (RFC 8689)");
  explaining->add_flag("--look-up", options.look_up,
                       "Look up too: MX records, DNSSEC, DANE and MTA-STS of each recipient's domain");
  explaining->callback([&] { run = [&] { return run_explain(options); }; });

  CLI::App* probing = app.add_subcommand("probe",
                                         "What can this recipient receive? Look-ups, of keys too, and TLS sessions "
                                         "with its mail hosts; sends no mail, needs "
                                         "no daemon");
  probing->add_option("TARGET", options.target, "An address or a domain")->required();
  probing->add_option("--tenant", options.tenant, "Whose settings apply; the first tenant's where none is named");
  probing->callback([&] { run = [&] { return run_probe(options); }; });
}

}  // namespace postern::gateway
