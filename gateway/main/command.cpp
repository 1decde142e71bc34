#include "gateway/main/command.hpp"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "gateway/control.hpp"
#include "gateway/load_config.hpp"
#include "gateway/queue_admin.hpp"
#include "gateway/set_aside.hpp"
#include "net/local_socket.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

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
  const auto base = folder_of(options.config);
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

}  // namespace

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

Result<std::string> read_input(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream in(path, std::ios::binary);
  if (!in || !(text << in.rdbuf())) return fail(Errc::io, "cannot read " + path);
  return text.str();
}

int run_request(const Options& options, const json::object& request,
                const std::function<std::string(const json::object&)>& format, bool works_offline) {
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

}  // namespace postern::gateway
