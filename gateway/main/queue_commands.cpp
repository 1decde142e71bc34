// queue, spool: what is kept.
#include <stdexcept>

#include "base/settings.hpp"
#include "gateway/main/command.hpp"
#include "gateway/private_file.hpp"
#include "gateway/queue_text.hpp"
#include "gateway/set_aside.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

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
    const auto age = parse_duration(options.older_than);
    if (!age) return complain("--older-than: " + age.error().text, exit_usage);
    options.filter.older_than = *age;
  }
  json::object request = format_filter(options.filter);
  request["command"] = command;
  for (const auto& [key, value] : more)
    request[key] = value;
  return run_request(options, request, format, offline);
}

/// The answer as it is.
std::string write_new_file(const std::string& path, const json::object& answer) {
  const auto written = write_private_file(path, json::serialize(answer) + "\n");
  if (!written) throw std::runtime_error(written.error().text);
  return std::to_string(answer.at("records").as_array().size()) + " record(s) in " + path + "\n";
}

}  // namespace

void add_queue(CLI::App& app, Options& options, Run& run) {
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

void add_spool(CLI::App& app, Options& options, Run& run) {
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

}  // namespace postern::gateway
