// postern: the administrator's command. Parses the command line and prints; what it does is in gateway/.
#include <iostream>

#include "gateway/config.hpp"
#include "gateway/main/command.hpp"
#include "gateway/queue_text.hpp"

int main(int argc, char** argv) {
  using namespace postern;
  using namespace postern::gateway;
  namespace json = boost::json;
  CLI::App app{"postern: look after the Postern gateway"};
  app.require_subcommand(1);
  Options options;
  Run run;
  app.add_option("--config", options.config, "The configuration file")->capture_default_str();
  app.add_flag("--json", options.as_json, "Answer in JSON, for programs");
  app.fallthrough();

  add_looks(app, options, run);
  add_queue(app, options, run);
  add_spool(app, options, run);
  add_exchange(app, options, run);
  add_keys(app, options, run);
  add_portal(app, options, run);
  app.add_subcommand("reload",
                     "Read policy files, certificates, tenants' bindings and DKIM keys again, all of it or nothing")
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
      "  postern keys import /root/partners --for @lab.example\n"
      "Exit codes: 0 yes, 1 no or nothing found, 2 usage, 3 configuration, 5 spool or key store, 7 no daemon, 70 "
      "internal.");
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
