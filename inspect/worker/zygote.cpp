#include "inspect/worker/zygote.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect/fd_passing.hpp"
#include "inspect/text.hpp"
#include "inspect/worker/reader.hpp"
#include "inspect/worker_protocol.hpp"

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
  Descriptor ended;   // a pidfd
  Descriptor status;  // closed at the other end: nobody waits any more
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

class Zygote {
 public:
  explicit Zygote(int control) : control_(control) {}

  int run() {
    std::signal(SIGPIPE, SIG_IGN);
    for (const int ending : {SIGTERM, SIGINT, SIGHUP})
      std::signal(ending, SIG_IGN);  // the gateway decides: it closes the socket when its last message is through
    if (const Result<void> prepared = prepare(); !prepared) {
      (void)send_packet(control_, prepared.error().text.substr(0, longest_packet), {});
      return 1;
    }
    if (!send_packet(control_, ready, {})) return 1;
    while (serve()) {
    }
    for (const Child& child : children_)
      kill(child.pid, SIGKILL);
    return 0;
  }

 private:
  Result<void> prepare() {
    auto packet = receive_packet(control_, longest_packet, 1);
    if (!packet) return fail(packet.error());
    if (packet->bytes != hello || packet->descriptors.size() != 1)
      return fail(Errc::too_new, "gateway and postern-inspect are of different versions");
    auto bytes = read_file(packet->descriptors[0].get());
    if (!bytes) return fail(bytes.error());
    auto task = decode_task(*bytes);
    if (!task) return fail(task.error());
    auto inspector = make_inspector(task->probes, task->limits, task->value_key);
    if (!inspector) return fail(inspector.error());
    inspector_ = std::move(*inspector);
    volunteer_for_the_oom_killer();
    return lock_in(*task);
  }

  Result<void> lock_in(const Task& task) {
    load_all_charsets();
    const auto expected = inspector_->inspect(sample);
    auto child = child_filter(facts_descriptor), own = zygote_filter();
    auto message = seal_in_memory(sample);
    auto facts = make_pipe();
    if (!expected || !child || !own || !message || !facts)
      return fail(Errc::unavailable, "postern-inspect cannot start");
    confinement_.filter = std::move(*child);
    confinement_.limits.cpu = std::chrono::ceil<std::chrono::seconds>(task.timeout) + std::chrono::seconds(1);
#ifndef POSTERN_SHADOW_MEMORY
    confinement_.limits.address_space = address_space_now() + task.memory;
#endif
    if (!forbid_privileges() || !apply(*own))
      return fail(Errc::denied, "the kernel refuses seccomp to postern-inspect, so messages cannot be read safely");
    return try_out(*message, *facts, *expected);
  }

  /// A locked-in child must say of the sample what this process said before it was locked in.
  Result<void> try_out(const Descriptor& message, Pair& facts, const std::string& expected) {
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0) read_one_message(message.get(), facts.second.get(), parent, *inspector_, confinement_);
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
    child.status = std::move(packet->descriptors[2]);
    const pid_t parent = getpid();
    child.pid = children_.size() < most_children ? fork() : -1;
    if (child.pid == 0) {
      read_one_message(packet->descriptors[0].get(), packet->descriptors[1].get(), parent, *inspector_, confinement_);
    }
    child.ended = Descriptor(child.pid < 0 ? -1 : static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0)));
    if (!child.ended) {
      if (child.pid > 0) kill(child.pid, SIGKILL);
      if (child.pid > 0) waitpid(child.pid, nullptr, 0);
      tell(child, Status::not_forked);
      return true;
    }
    tell(child, Status::forked);
    children_.push_back(std::move(child));
    return true;
  }

  static void bury(Child& child) {
    int how = 0;
    const bool well = waitpid(child.pid, &how, 0) == child.pid && how == 0;
    tell(child, well ? Status::ended_well : Status::ended_badly);
    child.pid = 0;
  }

  static void tell(const Child& child, Status status) {
    const char letter = static_cast<char>(status);
    (void)!write(child.status.get(), &letter, 1);  // a reader that has gone needs no answer
  }

  int control_;
  std::unique_ptr<Inspector> inspector_;
  Confinement confinement_;
  std::vector<Child> children_;
};

}  // namespace

int serve_gateway(int control) {
  return Zygote(control).run();
}

}  // namespace postern::inspect
