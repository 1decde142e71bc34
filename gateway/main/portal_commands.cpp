// portal: mail that waits to be picked up.
#include "gateway/main/command.hpp"
#include "gateway/pickup_admin.hpp"

namespace postern::gateway {

void add_portal(CLI::App& app, Options& options, Run& run) {
  namespace json = boost::json;
  CLI::App* portal = app.add_subcommand("portal", "Mail that waits in the portal: look, recall, tell again");
  portal->require_subcommand(1);
  const auto on_one = [&](const char* name, const char* help, std::string (*format)(const json::object&)) {
    CLI::App* command = portal->add_subcommand(name, help);
    command->add_option("ID", options.filter.id, "The queue id of the message")->required(name != std::string("list"));
    command->add_option("--recipient", options.filter.recipient, "Of the message's recipients this one alone");
    command->callback([&options, &run, name, format] {
      run = [&options, name, format] {
        return run_request(options,
                           {{"command", std::string("portal.") + name},
                            {"id", options.filter.id},
                            {"recipient", options.filter.recipient},
                            {"after", options.after}},
                           format);
      };
    });
    return command;
  };
  CLI::App* list = on_one("list", "Who has not fetched what, until when; and who has opened it", format_pickups);
  list->add_option("--after", options.after, "Only behind what an earlier list ended with");
  on_one("recall", "Take it out of the portal: its links open nothing any more. Nobody is told", format_pickups_done);
  on_one("resend", "Tell the recipient once more, with the same link", format_pickups_done);
}

}  // namespace postern::gateway
