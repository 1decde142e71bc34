#include "inspect/worker/zygote.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <malloc.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect/fd_passing.hpp"
#include "inspect/worker/reader.hpp"
#include "inspect/worker_protocol.hpp"
#include "mail/charset.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define POSTERN_SHADOW_MEMORY 1  // terabytes of address space: RLIMIT_AS cannot hold
#endif
#endif

namespace postern::inspect {
namespace {

constexpr std::size_t most_children = 256;

/// Goes through every decoder once: what a library loads or allocates at its first use is there before the fork.
constexpr std::string_view sample =
    "From: <a@x.example>\r\nSubject: =?utf-8?q?caf=C3=A9?= [secure]\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n536-22-1234=20\r\n--b\r\n"
    "Content-Type: text/html; charset=\"no such charset\"\r\nContent-Transfer-Encoding: "
    "base64\r\n\r\nPGI+eCZhbXA7PC9iPg=="
    "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nz\r\n--b\r\n"
    "Content-Type: application/pdf; name=\"=?utf-8?b?w6k=?=.pdf\"\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n"
    "begin 644 a\r\n#86)C\r\n`\r\nend\r\n--b--\r\n";

struct Child {
  pid_t pid = 0;
  Descriptor ended;           // a pidfd
  Descriptor message, facts;  // kept for the polyglot, where there is one
  Descriptor status;          // closed at the other end: nobody waits any more
  bool killed = false;
};

[[maybe_unused]] std::uint64_t address_space_now() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// The reader of a message dies for want of memory before the gateway does. What the kernel refuses is no harm.
void volunteer_for_the_oom_killer() {
  std::ofstream("/proc/self/oom_score_adj") << "800";
}

Result<std::string> read_file(int fd) {
  struct stat about{};
  if (!is_sealed(fd) || fstat(fd, &about) != 0) return fail(Errc::invalid, "the task is no sealed memory file");
  std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
  if (pread(fd, bytes.data(), bytes.size(), 0) != about.st_size) return fail(Errc::io, "the task cannot be read");
  return bytes;
}

/// What both processes that fork have in common: the compiled probes, and how they lock themselves and their children
/// in.
class Prepared {
 public:
  explicit Prepared(Task task) : task_(std::move(task)) {}

  Result<void> compile() {
    auto inspector = make_inspector(task_.probes, task_.limits, task_.value_key);
    if (!inspector) return fail(inspector.error());
    inspector_ = std::move(*inspector);
    const auto warm = inspector_->inspect(std::string(sample));
    if (!warm) return fail(warm.error());
    task_.probes = {};
    malloc_trim(0);  // what compiling needed and freed would be copied by every fork
    return {};
  }

  Result<void> lock_in() {
    const auto expected = inspector_->inspect(std::string(sample));
    auto child = child_filter(facts_descriptor), own = zygote_filter();
    auto message = seal_in_memory(sample);
    auto facts = make_pipe();
    if (!expected || !child || !own || !message || !facts)
      return fail(Errc::unavailable, "postern-inspect cannot start");
    confinement_.filter = std::move(*child);
    confinement_.limits.cpu = std::chrono::ceil<std::chrono::seconds>(task_.timeout) + std::chrono::seconds(1);
#ifndef POSTERN_SHADOW_MEMORY
    confinement_.limits.address_space = address_space_now() + task_.memory;
#endif
    if (!forbid_privileges() || !apply(*own))
      return fail(Errc::denied, "the kernel refuses seccomp to postern-inspect, so messages cannot be read safely");
    return try_out(*message, *facts, *expected);
  }

  /// In the parent, the child's process id, or -1.
  pid_t fork_reader(int message, int facts) {
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0) read_one_message(message, facts, parent, *inspector_, confinement_);
    return pid;
  }

 private:
  /// A locked-in child must say of the sample what this process said before it was locked in.
  Result<void> try_out(const Descriptor& message, Pair& facts, const std::string& expected) {
    const pid_t pid = fork_reader(message.get(), facts.second.get());
    facts.second.close();
    std::string said;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(facts.first.get(), buffer, sizeof buffer)) > 0;)
      said.append(buffer, static_cast<std::size_t>(n));
    int how = 0;
    if (pid < 0 || waitpid(pid, &how, 0) != pid || how != 0 || said != expected)
      return fail(Errc::unavailable, "a confined reader of messages does not work here (" +
                                         std::to_string(WIFSIGNALED(how) ? WTERMSIG(how) : -how) + ")");
    return {};
  }

  Task task_;
  std::unique_ptr<Inspector> inspector_;
  Confinement confinement_;
};

class Zygote {
 public:
  /// `polyglot`: whom to pass a message to that needs a charset which is not loaded here.
  Zygote(int control, Prepared& prepared, Descriptor polyglot)
      : control_(control), prepared_(prepared), polyglot_(std::move(polyglot)) {}

  void run() {
    while (serve()) {
    }
    for (const Child& child : children_)
      kill(child.pid, SIGKILL);
  }

 private:
  /// False: the gateway is gone.
  bool serve() {
    std::vector<pollfd> waiting{{control_, POLLIN, 0}};
    for (const Child& child : children_) {
      waiting.push_back({child.ended.get(), POLLIN, 0});
      waiting.push_back({child.killed ? -1 : child.status.get(), 0, 0});
    }
    if (poll(waiting.data(), waiting.size(), -1) < 0) return errno == EINTR;
    for (std::size_t i = 0; i < children_.size(); ++i) {
      if (waiting[1 + 2 * i].revents != 0) {
        bury(children_[i]);
      } else if (waiting[2 + 2 * i].revents != 0) {
        kill(children_[i].pid, SIGKILL);
        children_[i].killed = true;
      }
    }
    std::erase_if(children_, [](const Child& child) { return child.pid == 0; });
    return waiting[0].revents == 0 || take_message();
  }

  bool take_message() {
    auto packet = receive_packet(control_, longest_packet, 3);
    if (!packet || packet->bytes.empty()) return false;
    if (packet->bytes != one_message || packet->descriptors.size() != 3) return true;
    Child child;
    child.message = std::move(packet->descriptors[0]);
    child.facts = std::move(packet->descriptors[1]);
    child.status = std::move(packet->descriptors[2]);
    if (children_.size() < most_children) child.pid = prepared_.fork_reader(child.message.get(), child.facts.get());
    if (child.pid > 0) child.ended = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0)));
    if (!child.ended) {
      if (child.pid > 0) kill(child.pid, SIGKILL);
      if (child.pid > 0) waitpid(child.pid, nullptr, 0);
      tell(child, Status::not_forked);
      return true;
    }
    tell(child, Status::forked);
    if (!polyglot_) child.message.close();
    if (!polyglot_) child.facts.close();
    children_.push_back(std::move(child));
    return true;
  }

  void bury(Child& child) {
    int how = 0;
    const bool ours = waitpid(child.pid, &how, 0) == child.pid;
    child.pid = 0;
    // It wanted to open a file: a charset's, if it is honest. It has not written anything by then.
    if (ours && WIFSIGNALED(how) && WTERMSIG(how) == SIGSYS && polyglot_ && pass_on(child)) return;
    tell(child, ours && how == 0 ? Status::ended_well : Status::ended_badly);
  }

  bool pass_on(const Child& child) {
    const std::array fds{child.message.get(), child.facts.get(), child.status.get()};
    return send_packet(polyglot_.get(), one_message, fds).has_value();
  }

  static void tell(const Child& child, Status status) {
    const char letter = static_cast<char>(status);
    (void)!write(child.status.get(), &letter, 1);  // a reader that has gone needs no answer
  }

  int control_;
  Prepared& prepared_;
  Descriptor polyglot_;
  std::vector<Child> children_;
};

Result<Task> receive_task(int control) {
  auto packet = receive_packet(control, longest_packet, 1);
  if (!packet) return fail(packet.error());
  if (packet->bytes != hello || packet->descriptors.size() != 1)
    return fail(Errc::too_new, "gateway and postern-inspect are of different versions");
  auto bytes = read_file(packet->descriptors[0].get());
  if (!bytes) return fail(bytes.error());
  return decode_task(*bytes);
}

/// Serves `control` with every charset loaded. Only what the first process could not read comes here: its forks are
/// slow.
[[noreturn]] void be_polyglot(int control, int parent, Prepared& prepared) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) _exit(1);
  mail::load_all_charsets();
  if (!prepared.lock_in() || !send_packet(control, ready, {})) _exit(1);
  Zygote(control, prepared, {}).run();
  _exit(0);
}

Result<Descriptor> start_polyglot(int control, Prepared& prepared) {
  auto pair = make_socket_pair();
  if (!pair) return fail(pair.error());
  const pid_t parent = getpid(), pid = fork();
  if (pid == 0) {
    close(control);
    pair->first.close();
    be_polyglot(pair->second.get(), parent, prepared);
  }
  pair->second.close();
  const auto said =
      pid < 0 ? fail(Errc::unavailable, "no process") : receive_packet(pair->first.get(), longest_packet, 0);
  if (!said || said->bytes != ready) return fail(Errc::unavailable, "a confined reader of messages does not work here");
  return std::move(pair->first);
}

Result<Descriptor> prepare(int control, std::optional<Prepared>& prepared) {
  auto task = receive_task(control);
  if (!task) return fail(task.error());
  prepared.emplace(std::move(*task));
  if (auto compiled = prepared->compile(); !compiled) return fail(compiled.error());
  volunteer_for_the_oom_killer();
  mail::load_usual_charsets();
  auto polyglot = start_polyglot(control, *prepared);
  if (!polyglot) return polyglot;
  if (auto locked = prepared->lock_in(); !locked) return fail(locked.error());
  return polyglot;
}

}  // namespace

int serve_gateway(int control) {
  std::signal(SIGPIPE, SIG_IGN);
  for (const int ending : {SIGTERM, SIGINT, SIGHUP})
    std::signal(ending, SIG_IGN);  // the gateway decides: it closes the socket when its last message is through
  std::optional<Prepared> prepared;
  auto polyglot = prepare(control, prepared);
  if (!polyglot) {
    (void)send_packet(control, polyglot.error().text.substr(0, longest_packet), {});
    return 1;
  }
  if (!send_packet(control, ready, {})) return 1;
  Zygote(control, *prepared, std::move(*polyglot)).run();
  return 0;
}

}  // namespace postern::inspect
