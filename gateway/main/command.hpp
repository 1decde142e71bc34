// What the commands of `postern` share: the options that were given, how a trouble is told, how the daemon is asked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/diagnostic.hpp"
#include "base/error.hpp"
#include "base/exit_codes.hpp"
#include "gateway/queue_filter.hpp"

namespace postern::gateway {

/// Of all commands; each fills in its own.
struct Options {
  std::filesystem::path config = "/etc/postern/postern.toml";
  bool as_json = false;
  bool no_secrets = false, look_up = false, requiretls = false;
  std::string message, from, to_hop, after, file, target, tenant, trace, source = "-";
  std::int64_t limit = 1000;
  bool all = false;
  QueueFilter filter;
  std::string older_than, by;
  std::vector<std::string> to, events;
};

/// The command that was chosen; gives the exit code.
using Run = std::function<int()>;

// Each adds its commands, whose callbacks set `run`.
void add_looks(CLI::App& app, Options& options, Run& run);     // check, explain, probe
void add_queue(CLI::App& app, Options& options, Run& run);     // queue
void add_spool(CLI::App& app, Options& options, Run& run);     // spool
void add_exchange(CLI::App& app, Options& options, Run& run);  // networks, coverage
void add_keys(CLI::App& app, Options& options, Run& run);      // keys
void add_portal(CLI::App& app, Options& options, Run& run);    // portal

int complain(const std::string& line, ExitCode code);
int complain(const Diagnostics& lines);
void print_json(const boost::json::value& value);
/// A whole file; "-" is standard input.
[[nodiscard]] Result<std::string> read_input(const std::string& path);

/// Asks the daemon, prints and gives the exit code. `works_offline`: with the daemon down the files are looked at.
int run_request(const Options& options, const boost::json::object& request,
                const std::function<std::string(const boost::json::object&)>& format, bool works_offline = false);

}  // namespace postern::gateway
