#include "inspect/spawn.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace postern::inspect {
namespace {

constexpr int their_socket = 3;
constexpr std::chrono::milliseconds patience{2000}, pause{2};

struct Who {
  bool change = false;
  uid_t user = 0;
  gid_t group = 0;
};

Result<Who> who_is(const std::string& name) {
  if (name.empty()) return Who{};
  std::array<char, 4096> room{};
  passwd entry{}, *found = nullptr;
  if (getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
    return fail(Errc::not_found, "there is no user '" + name + "' for the inspection worker");
  if (entry.pw_uid == geteuid()) return Who{};
  if (geteuid() != 0)
    return fail(Errc::denied, "only root can start the inspection worker as '" + name +
                                  "'; let systemd do it "
                                  "(inspect.socket)");
  return Who{true, entry.pw_uid, entry.pw_gid};
}

/// Between fork and exec of a process with threads: only calls that are safe in a signal handler.
[[noreturn]] void become_program(const char* program, const Who& who, int socket) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = open("/dev/null", O_RDWR);
  bool well = nothing >= 0 && dup2(nothing, 0) == 0 && dup2(nothing, 1) == 1;
  // dup2 clears close-on-exec, except onto itself.
  well = well && (socket == their_socket ? fcntl(socket, F_SETFD, 0) == 0 : dup2(socket, their_socket) == their_socket);
  well = well && close_range(their_socket + 1, ~0U, 0) == 0;
  if (who.change) well = well && setgroups(0, nullptr) == 0 && setgid(who.group) == 0 && setuid(who.user) == 0;
  if (well) {
    std::array<char*, 2> arguments{const_cast<char*>("postern-inspect"), nullptr};
    std::array<char*, 1> environment{nullptr};
    execve(program, arguments.data(), environment.data());
  }
  _exit(127);
}

}  // namespace

Result<int> spawn_with_socket(const std::filesystem::path& program, const std::string& user, Descriptor theirs) {
  const Result<Who> who = who_is(user);
  if (!who) return fail(who.error());
  if (access(program.c_str(), X_OK) != 0)
    return fail(Errc::not_found,
                "the inspection worker cannot be started: " + program.string() + ": " + std::strerror(errno));
  const pid_t pid = fork();
  if (pid < 0)
    return fail(Errc::unavailable, std::string("no process for the inspection worker: ") + std::strerror(errno));
  if (pid == 0) become_program(program.c_str(), *who, theirs.get());
  return pid;
}

bool end_process(int pid) {
  kill(pid, SIGKILL);  // refused where it is another user's: it ends by itself when its socket closes
  for (auto waited = std::chrono::milliseconds(0); waited < patience; waited += pause) {
    const pid_t ended = waitpid(pid, nullptr, WNOHANG);
    if (ended == pid || (ended < 0 && errno == ECHILD)) return true;
    std::this_thread::sleep_for(pause);
  }
  return false;
}

}  // namespace postern::inspect
