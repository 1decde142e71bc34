// posternd: the gateway daemon.
#include <CLI/CLI.hpp>
#include <malloc.h>

#include "base/exit_codes.hpp"
#include "gateway/daemon.hpp"

int main(int argc, char** argv) {
  using namespace postern;
  using namespace postern::gateway;
  CLI::App app{
      "Postern, a secure outbound SMTP gateway: takes mail from your tenants, judges it, and sends it with the "
      "protection "
      "that policy demands, or not at all."};
  DaemonOptions options;
  options.config = "/etc/postern/postern.toml";
  app.add_option("--config", options.config, "The configuration file")->capture_default_str();
  app.add_option("--user", options.user, "Become this user once the ports are open");
  app.footer(
      "Signals: HUP reads policy files and certificates again; TERM and INT stop after what is under way.\n"
      "Exit codes: 0 stopped, 2 usage, 3 configuration, 4 key or certificate, 5 spool, 6 cannot listen, 70 internal.\n"
      "`postern check` tells what is wrong with a configuration before it runs.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  }
  // Chunks of bodies go back to the system when they are done with. Left to itself, glibc raises this and then keeps
  // them, in a heap for each thread. What is smaller stays a while: a page that goes back is cleared when it comes
  // again.
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
  return run_daemon(options);
}
