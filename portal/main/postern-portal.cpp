// postern-portal: where recipients pick up what could be sent to them in no other way.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <malloc.h>

#include "base/program.hpp"
#include "portal/backup.hpp"
#include "portal/config.hpp"
#include "portal/portal_daemon.hpp"

int main(int argc, char** argv) {
  using namespace postern;
  CLI::App app{
      "The portal of Postern: recipients read protected messages in a browser. It holds ciphertext and no key."};
  portal::DaemonOptions options;
  options.config = "/etc/postern/portal.toml";
  app.add_option("--config", options.config, "The configuration file")->capture_default_str();
  app.add_option("--user", options.user, "Become this user once the ports are open");
  bool reference = false;
  app.add_flag("--reference", reference, "Print every setting of portal.toml as a table (docs/portal.md)");
  std::filesystem::path folder;
  CLI::App* backup = app.add_subcommand("backup", "Copy the store while the portal runs, without the KEK");
  backup->add_option("FOLDER", folder, "Where to: it is made")->required();
  CLI::App* restore = app.add_subcommand("restore", "Put such a copy where there is no store");
  restore->add_option("FOLDER", folder, "Where from")->required();
  app.footer(
      "Exit codes: 0 stopped, 2 usage, 3 configuration, 4 key or certificate, 5 store, 6 cannot listen, 70 internal.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
  if (reference) {
    std::fputs(portal::configuration_reference().c_str(), stdout);
    return exit_ok;
  }
  if (*backup || *restore) {
    return run_program("postern-portal", [&] {
      const portal::Config config = portal::read_config_or_stop(options.config);
      const auto done = *backup ? portal::back_up(config, folder) : portal::restore(config, folder);
      if (!done) stop(exit_spool, done.error().text);
    });
  }
  mallopt(M_MMAP_THRESHOLD, 256 << 10);  // messages go back to the system when they were shown
  return portal::run_portal(options);
}
