#include "inspect/worker/reader.hpp"

#include <csignal>
#include <string>
#include <string_view>

#include <sys/prctl.h>
#include <unistd.h>

#include "inspect/message.hpp"

namespace postern::inspect {
namespace {

[[noreturn]] void give_up() {
  _exit(1);
}

void keep_only_facts(int facts) {
  if (dup2(facts, facts_descriptor) < 0 || close_range(facts_descriptor + 1, ~0U, 0) != 0 ||
      close_range(0, facts_descriptor - 1, 0) != 0) {
    give_up();
  }
}

void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(facts_descriptor, bytes.data(), bytes.size());
    if (n <= 0) give_up();
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

void read_one_message(int message, int facts, int parent, Inspector& inspector, Confinement& confinement) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) give_up();
  std::signal(SIGPIPE, SIG_DFL);
  const Result<Message> mapped = Message::map(Descriptor(message));
  if (!mapped) give_up();
  keep_only_facts(facts);
  if (!apply(confinement.limits) || !apply(confinement.filter)) give_up();

  const Result<std::string> found = inspector.inspect(*mapped);
  if (!found) give_up();
  write_all(*found);
  _exit(0);
}

}  // namespace postern::inspect
