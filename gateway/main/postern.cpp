// postern: the administrator's command. Parses the command line and prints; what it does is in gateway/.
#include <charconv>
#include <cstdio>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <sstream>
#include <system_error>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "gateway/check.hpp"
#include "gateway/control.hpp"
#include "gateway/coverage.hpp"
#include "gateway/exit_codes.hpp"
#include "gateway/explain.hpp"
#include "gateway/load_config.hpp"
#include "gateway/named_networks.hpp"
#include "gateway/policy_snapshot.hpp"
#include "gateway/probe.hpp"
#include "gateway/queue_admin.hpp"
#include "gateway/queue_text.hpp"
#include "gateway/set_aside.hpp"
#include "gateway/sts_service.hpp"
#include "net/local_socket.hpp"
#include "net/runtime.hpp"

namespace {

using namespace postern;
using namespace postern::gateway;
namespace json = boost::json;

struct Options {
  std::filesystem::path config = "/etc/postern/postern.toml";
  bool as_json = false;
  bool no_secrets = false, look_up = false;
  std::string message, from, to_hop, after, file, target, tenant, trace, source = "-";
  std::int64_t limit = 1000;
  bool all = false;
  QueueFilter filter;
  std::string older_than;
  std::vector<std::string> to, events;
};

int complain(const std::string& line, ExitCode code) {
  std::fprintf(stderr, "postern: %s\n", line.c_str());
  return code;
}

int complain(const Diagnostics& lines) {
  for (const Diagnostic& line : lines)
    std::fprintf(stderr, "%s\n", format_diagnostic(line).c_str());
  return exit_configuration;
}

void print_json(const json::value& value) {
  std::cout << json::serialize(value) << "\n";
}

int run_check(const Options& options) {
  const CheckReport report = check(options.config, !options.no_secrets);
  for (const std::string& line : report.warnings)
    std::cout << "warning: " << line << "\n";
  for (const std::string& line : report.errors)
    std::cout << "error: " << line << "\n";
  std::cout << report.rules << " rules, " << report.tests << " policy tests, " << report.errors.size() << " errors, "
            << report.warnings.size() << " warnings\n";
  return report.errors.empty() ? exit_ok : exit_configuration;
}

Result<std::string> read_message(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream in(path, std::ios::binary);
  if (!in || !(text << in.rdbuf())) return fail(Errc::io, "cannot read " + path);
  return text.str();
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
    return {config, *resolver, *dialer, std::move(tls), random, clock, sts->lookup()};
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
  const json::object report = wait_for(network.io, probe(network.tools(*config, *tls), *target));
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
  auto message = read_message(options.message);
  if (!message) return complain(message.error().text, exit_problem);
  input.message = std::move(*message);
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
  const json::object explanation = explain(input, *config, **policy, clock.now());
  if (options.as_json) {
    print_json(explanation);
  } else {
    std::cout << format_explanation(explanation);
  }
  return exit_ok;
}

/// Asks the daemon; an answer with "ok": false is a problem.
Result<json::object> ask(const Config& config, const json::object& request) {
  const auto answer = net::ask_local(config.control_socket, json::serialize(request));
  if (!answer) return fail(answer.error());
  boost::system::error_code error;
  const json::value parsed = json::parse(*answer, error);
  if (error || !parsed.is_object()) return fail(Errc::corrupt, "the daemon's answer makes no sense");
  return parsed.get_object();
}

/// With the daemon down, what only looks is read from the files.
Result<json::object> look_at_files(const Options& options, const Config& config, const json::object& request) {
  const auto base = std::filesystem::absolute(options.config).parent_path();
  auto kek = load_kek(config, base);
  if (!kek) return fail(Errc::denied, kek.error().text);
  static const SystemClock clock;
  static SystemRandom random;
  spool::SpoolOptions where;
  where.dir = config.state / "spool";
  where.kek = std::move(*kek);
  const auto spool = spool::open_read_only(std::move(where), clock, random);
  if (!spool) return fail(spool.error());
  if (request.at("command") == "queue.show") {
    const auto id = QueueId::parse(std::string(request.at("id").get_string()));
    if (!id) return fail(id.error());
    const auto entry = queue_show(**spool, *id);
    if (!entry) return fail(entry.error());
    return json::object{{"ok", true}, {"message", *entry}};
  }
  if (request.at("command") == "spool.set-aside") return answer_set_aside(**spool, request);
  return answer_list(**spool, request, clock.now());
}

/// Of a look at the files: no such message, or no look.
ExitCode code_of(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::invalid ? exit_problem : exit_spool;
}

int run_request(const Options& options, const json::object& request,
                const std::function<std::string(const json::object&)>& format, bool works_offline = false) {
  const auto config = load_config(options.config);
  if (!config) return complain(config.error());
  auto answer = ask(*config, request);
  if (!answer && works_offline && answer.error().code == Errc::unavailable) {
    answer = look_at_files(options, *config, request);
    if (!answer) return complain(answer.error().text, code_of(answer.error()));
  }
  if (!answer) return complain(answer.error().text, exit_no_daemon);
  if (options.as_json) {
    print_json(*answer);
  } else if (answer->at("ok").get_bool()) {
    std::cout << format(*answer);
  } else {
    std::cerr << "postern: " << std::string(answer->at("error").get_string()) << "\n";
    if (const json::value* lines = answer->if_contains("diagnostics")) {
      for (const json::value& line : lines->get_array())
        std::cerr << std::string(line.get_string()) << "\n";
    }
  }
  if (answer->at("ok").get_bool()) return exit_ok;
  return answer->contains("diagnostics") ? exit_configuration : exit_problem;
}

/// "90s", "15m", "4h", "2d"
Result<Duration> parse_age(const std::string& text) {
  static const std::map<char, Duration> units = {{'s', std::chrono::seconds(1)},
                                                 {'m', std::chrono::minutes(1)},
                                                 {'h', std::chrono::hours(1)},
                                                 {'d', std::chrono::days(1)}};
  unsigned number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool one_unit = read.ec == std::errc() && read.ptr + 1 == text.data() + text.size();
  const auto unit = one_unit ? units.find(text.back()) : units.end();
  if (unit == units.end()) return fail(Errc::invalid, "an age is a number and s, m, h or d: 4h");
  return number * unit->second;
}

void add_filter(CLI::App& command, Options& options) {
  QueueFilter& filter = options.filter;
  command.add_option("--tenant", filter.tenant, "Whose mail");
  command.add_option("--sender", filter.sender, "Envelope sender: an address, @domain, or <> for none");
  command.add_option("--recipient", filter.recipient, "An address, a domain, or .domain for all below it");
  command.add_option("--destination", filter.destination,
                     "Where the next attempt goes: a domain, or a relay as HOST:PORT");
  command.add_option("--state", filter.state, "queued, held or unjudged")
      ->check(CLI::IsMember({"queued", "held", "unjudged"}));
  command.add_option("--older-than", options.older_than, "Kept at least so long: 15m, 4h, 2d");
}

int run_queue(Options& options, const std::string& command,
              const std::function<std::string(const json::object&)>& format, json::object more, bool offline = false) {
  if (!options.older_than.empty()) {
    const auto age = parse_age(options.older_than);
    if (!age) return complain("--older-than: " + age.error().text, exit_usage);
    options.filter.older_than = *age;
  }
  json::object request = format_filter(options.filter);
  request["command"] = command;
  for (const auto& [key, value] : more)
    request[key] = value;
  return run_request(options, request, format, offline);
}

void add_queue(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* queue = app.add_subcommand("queue", "What is kept: look, hold, release, retry, reroute, delete");
  queue->require_subcommand(1);
  CLI::App* list = queue->add_subcommand("list", "Messages in order of arrival (works with the daemon down)");
  add_filter(*list, options);
  list->add_option("--after", options.after, "Only behind this queue id");
  list->add_option("--limit", options.limit, "So many at most; how many more there are is said")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  list->callback([&] {
    run = [&] {
      return run_queue(options, "queue.list", format_queue_list, {{"after", options.after}, {"limit", options.limit}},
                       true);
    };
  });
  const auto on_one = [&](const char* name, const char* help, std::function<std::string(const json::object&)> format,
                          bool offline) {
    CLI::App* command = queue->add_subcommand(name, help);
    command->add_option("ID", options.filter.id, "The queue id")->required();
    command->callback([&options, &run, name, format = std::move(format), offline] {
      run = [&options, name, format, offline] {
        return run_queue(options, "queue." + std::string(name), format, {}, offline);
      };
    });
  };
  const auto on_many = [&](const char* name, const char* help) {
    CLI::App* command = queue->add_subcommand(name, help);
    command->add_option("ID", options.filter.id, "The queue id");
    add_filter(*command, options);
    command->add_flag("--all", options.all, "Instead of an id or a filter: all that it applies to");
    command->callback([&options, &run, name] {
      run = [&options, name] {
        json::object more = {{"all", options.all}};
        if (!options.to_hop.empty()) more["to"] = options.to_hop;
        return run_queue(options, "queue." + std::string(name), format_queue_done, std::move(more));
      };
    });
    return command;
  };
  on_one("show", "One message: recipients, verdicts, ladders, last reasons (works with the daemon down)",
         format_queue_message, true);
  on_many("hold", "Keep queued recipients from being tried until they are released, or given up");
  on_many("release", "Let held recipients go. What policy held goes protected, by the ladder again");
  on_many("retry", "Try queued recipients now");
  CLI::App* reroute =
      on_many("reroute", "Another next hop for recipients that are queued or held by hold; what it must prove stays");
  reroute->add_option("--to", options.to_hop, "mx, or a relay as HOST or HOST:PORT")->required();
  on_one("delete", "Drop the message for all its recipients, without telling the sender", format_queue_done, false);
}

/// The answer as it is, to a new file that only its owner reads.
std::string write_new_file(const std::string& path, const json::object& answer) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "cannot make " + path);
  const std::string text = json::serialize(answer) + "\n";
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  ::close(file);
  if (!written) throw std::runtime_error(path + " could not be written");
  return std::to_string(answer.at("records").as_array().size()) + " record(s) in " + path + "\n";
}

void add_spool(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* spool = app.add_subcommand("spool", "The spool's own trouble");
  spool->require_subcommand(1);
  CLI::App* aside = spool->add_subcommand("set-aside", "Records that could not be read (works with the daemon down)");
  aside->require_subcommand(1);
  aside->add_subcommand("list", "Which there are")->callback([&] {
    run = [&] { return run_request(options, {{"command", "spool.set-aside"}}, format_set_aside, true); };
  });
  CLI::App* exported =
      aside->add_subcommand("export", "The records of one message, as they are, in JSON and hexadecimal");
  exported->add_option("ID", options.filter.id, "As the list has it")->required();
  exported->add_option("FILE", options.file, "A file that is not there yet")->required();
  exported->callback([&] {
    run = [&] {
      const auto write = [&options](const json::object& answer) { return write_new_file(options.file, answer); };
      return run_request(options, {{"command", "spool.set-aside"}, {"id", options.filter.id}}, write, true);
    };
  });
}

std::string today() {
  return format_rfc3339(SystemClock().now()).substr(0, 10);
}

/// The file is replaced whole or not at all.
Result<void> replace_file(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path next = path.string() + ".next";
  std::ofstream out(next, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::error_code wrong;
  if (out) std::filesystem::rename(next, path, wrong);
  if (!out || wrong) return fail(Errc::io, "cannot write " + path.string());
  return {};
}

int run_refresh(const Options& options) {
  const auto published = read_message(options.source);
  if (!published) return complain(published.error().text, exit_problem);
  const auto fresh = read_published_networks(*published);
  if (!fresh) return complain("nothing was changed: " + fresh.error().text, exit_problem);
  const auto present = read_message(options.file);  // a file that is not there yet has nothing to lose
  const auto text =
      refreshed_file(present.value_or(""), *fresh, options.source == "-" ? "standard input" : options.source, today());
  if (!text) return complain("nothing was changed: " + text.error().text, exit_problem);
  if (auto done = replace_file(options.file, *text); !done) return complain(done.error().text, exit_problem);
  std::cout << fresh->networks.size() << " networks in " << options.file << "; `postern reload` puts them in force\n";
  return exit_ok;
}

/// The sinks whose lines can be compared.
std::vector<std::string> event_files(const Options& options, const Config& config) {
  if (!options.events.empty()) return options.events;
  std::vector<std::string> files;
  for (const SinkConfig& sink : config.sinks) {
    if (sink.addresses == "plain") files.push_back(sink.path);
  }
  return files;
}

int run_coverage(const Options& options) {
  const auto config = load_config(options.config);
  if (!config) return complain(config.error());
  const auto text = read_message(options.trace);
  if (!text) return complain(text.error().text, exit_problem);
  const auto traced = read_message_trace(*text);
  if (!traced) return complain(traced.error().text, exit_problem);
  const std::vector<std::string> files = event_files(options, *config);
  if (files.empty()) return complain("no sink with addresses = \"plain\": say --events FILE", exit_problem);
  Seen seen;
  for (const std::string& file : files) {
    const auto events = read_message(file);
    if (!events) return complain(events.error().text, exit_problem);
    auto some = read_seen(*events);
    if (!some) return complain(file + ": " + some.error().text, exit_problem);
    seen.merge(*some);
  }
  std::vector<policy::Tenant> tenants;
  for (const TenantConfig& one : config->tenants)
    tenants.push_back(one.tenant);
  const Coverage result = coverage(*traced, seen, tenants);
  std::cout << format_coverage(result);
  return result.missed.empty() ? exit_ok : exit_problem;
}

void add_microsoft(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* networks = app.add_subcommand("networks", "Lists of networks that a tenant's bind names");
  networks->require_subcommand(1);
  CLI::App* refresh = networks->add_subcommand("refresh", "Replace FILE by a published list, if that is a whole one");
  refresh->add_option("FILE", options.file, "For example /etc/postern/m365-smtp-ranges.txt")->required();
  refresh->add_option("--from", options.source, "Endpoints in JSON, an SPF record, or a list; - is standard input");
  refresh->callback([&] { run = [&] { return run_refresh(options); }; });

  CLI::App* covering = app.add_subcommand("coverage", "What Exchange's message trace has and the gateway never saw");
  covering->add_option("TRACE", options.trace, "The exported message trace, CSV or JSON; - is standard input")
      ->required();
  covering->add_option("--events", options.events, "Event files; those of the configuration's sinks if none is named");
  covering->callback([&] { run = [&] { return run_coverage(options); }; });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"postern: look after the Postern gateway"};
  app.require_subcommand(1);
  Options options;
  std::function<int()> run;
  app.add_option("--config", options.config, "The configuration file")->capture_default_str();
  app.add_flag("--json", options.as_json, "Answer in JSON, for programs");
  app.fallthrough();

  CLI::App* checking = app.add_subcommand("check", "Is the configuration right, do the policy's tests pass?");
  checking->add_flag("--no-secrets", options.no_secrets, "Do not read keys and certificates");
  checking->callback([&] { run = [&] { return run_check(options); }; });

  CLI::App* explaining = app.add_subcommand("explain", "What would happen to this message, and why (needs no daemon)");
  explaining->add_option("MESSAGE", options.message, "A message file (.eml); - is standard input")->required();
  explaining->add_option("--from", options.from, "Envelope sender; <> or nothing is the null sender");
  explaining->add_option("--to", options.to, "Envelope recipients")->required();
  explaining->add_flag("--look-up", options.look_up,
                       "Look up too: MX records, DNSSEC, DANE and MTA-STS of each recipient's domain");
  explaining->callback([&] { run = [&] { return run_explain(options); }; });

  CLI::App* probing = app.add_subcommand(
      "probe",
      "What can this recipient receive? Look-ups and TLS sessions with its mail hosts; sends no mail, needs no daemon");
  probing->add_option("TARGET", options.target, "An address or a domain")->required();
  probing->add_option("--tenant", options.tenant, "Whose settings apply; the first tenant's where none is named");
  probing->callback([&] { run = [&] { return run_probe(options); }; });

  add_queue(app, options, run);
  add_spool(app, options, run);
  add_microsoft(app, options, run);
  app.add_subcommand("reload", "Read policy files, certificates and tenants' bindings again, all of it or nothing")
      ->callback([&] {
        run = [&] {
          return run_request(options, {{"command", "reload"}}, [](const json::object& answer) {
            return "policy " + std::string(answer.at("policy").get_string()).substr(0, 12) + " in force\n";
          });
        };
      });
  app.add_subcommand("status", "Is it running, and what is in the queue?")->callback([&] {
    run = [&] { return run_request(options, {{"command", "status"}}, format_status); };
  });
  app.add_subcommand("reference", "Every setting of postern.toml, as a table (docs/configuration.md)")->callback([&] {
    run = [] {
      std::cout << configuration_reference();
      return static_cast<int>(exit_ok);
    };
  });
  app.footer(
      "Examples:\n"
      "  postern explain letter.eml --from ann@clinic.example --to bob@lab.example\n"
      "  postern probe bob@lab.example\n"
      "  postern queue list --state held\n"
      "  postern queue reroute --destination lab.example --to relay.example:25\n"
      "Exit codes: 0 yes, 1 no or nothing found, 2 usage, 3 configuration, 5 spool, 7 no daemon, 70 internal.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
  try {
    return run();
  } catch (const std::exception& fault) {
    return complain(std::string("internal fault: ") + fault.what(), exit_internal);
  }
}
