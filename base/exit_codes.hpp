// How posternd and postern end. docs/operations.md has the same table.
#pragma once

namespace postern {

enum ExitCode : int {
  exit_ok = 0,
  exit_problem = 1,        // postern: the answer is no – something was found wrong, or was not there
  exit_usage = 2,          // the command line is wrong
  exit_configuration = 3,  // postern.toml or a policy file is wrong: every complaint was printed
  exit_secrets = 4,        // a key or certificate cannot be read or does not fit
  exit_spool = 5,          // the spool cannot be opened: newer version, other KEK, in use, damaged
  exit_listen = 6,         // an address cannot be listened on
  exit_no_daemon = 7,      // postern: nothing answers at the control socket
  exit_unanswered = 8,     // an SPF record that a binding names has never been looked up, and cannot be now
  exit_internal = 70,      // a fault of ours
};

}  // namespace postern
