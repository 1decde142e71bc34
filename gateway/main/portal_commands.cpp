// portal: mail that waits to be picked up.
#include "gateway/main/command.hpp"
#include "gateway/pickup_admin.hpp"

namespace postern::gateway {

void add_portal(CLI::App& app, Options& options, Run& run) {
  namespace json = boost::json;
  CLI::App* portal = app.add_subcommand("portal", "Mail that waits in the portal: look, recall, tell again");
  portal->require_subcommand(1);
  const auto asks = [&options, &run](CLI::App* command, std::string name, std::string (*format)(const json::object&)) {
    command->callback([&options, &run, name, format] {
      run = [&options, name, format] {
        return run_request(options,
                           {{"command", "portal." + name},
                            {"id", options.filter.id},
                            {"recipient", options.filter.recipient},
                            {"tenant", options.filter.tenant},
                            {"older_than", options.older_than},
                            {"by", options.by},
                            {"after", options.after}},
                           format);
      };
    });
  };
  const auto on_one = [&](const char* name, const char* help, std::string (*format)(const json::object&)) {
    CLI::App* command = portal->add_subcommand(name, help);
    command->add_option("ID", options.filter.id, "The queue id of the message")->required(name != std::string("list"));
    command->add_option("--recipient", options.filter.recipient, "Of the message's recipients this one alone");
    asks(command, name, format);
    return command;
  };
  CLI::App* list = on_one("list", "Who has not fetched what, until when; and who has opened it", format_pickups);
  list->add_option("--after", options.after, "Only behind what an earlier list ended with");
  on_one("show", "All that is known of it, recipient by recipient, but for what opens it", format_pickup_details);
  on_one("recall", "Take it out of the portal: its links open nothing any more. Nobody is told", format_pickups_done);
  on_one("resend", "Tell the recipient once more, with the same link", format_pickups_done);
  CLI::App* extend = on_one("extend", "Let it wait longer", format_pickups_done);
  extend->add_option("--by", options.by, "How much longer: 12h, 30d")->required();
  CLI::App* purge = portal->add_subcommand("purge", "Take out whatever has waited for so long. Nobody is told");
  purge->add_option("--older-than", options.older_than, "Accepted so long ago: 90d")->required();
  purge->add_option("--tenant", options.filter.tenant, "Of this tenant alone");
  asks(purge, "purge", format_pickups_done);
}

}  // namespace postern::gateway
