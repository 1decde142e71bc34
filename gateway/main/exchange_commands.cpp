// networks, coverage: what Microsoft publishes, and what Exchange says that it sent.
#include <fstream>
#include <iostream>
#include <system_error>

#include "gateway/coverage.hpp"
#include "gateway/load_config.hpp"
#include "gateway/main/command.hpp"
#include "gateway/named_networks.hpp"

namespace postern::gateway {
namespace {

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
  const auto published = read_input(options.source);
  if (!published) return complain(published.error().text, exit_problem);
  const auto fresh = read_published_networks(*published);
  if (!fresh) return complain("nothing was changed: " + fresh.error().text, exit_problem);
  const auto present = read_input(options.file);  // a file that is not there yet has nothing to lose
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
  const auto text = read_input(options.trace);
  if (!text) return complain(text.error().text, exit_problem);
  const auto traced = read_message_trace(*text);
  if (!traced) return complain(traced.error().text, exit_problem);
  const std::vector<std::string> files = event_files(options, *config);
  if (files.empty()) return complain("no sink with addresses = \"plain\": say --events FILE", exit_problem);
  Seen seen;
  for (const std::string& file : files) {
    const auto events = read_input(file);
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

}  // namespace

void add_exchange(CLI::App& app, Options& options, Run& run) {
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

}  // namespace postern::gateway
