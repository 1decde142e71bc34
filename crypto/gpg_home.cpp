#include "crypto/gpg_home.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptor.hpp"

namespace postern::crypto {
namespace {

namespace fs = std::filesystem;

constexpr const char* gpg_configuration =
    "no-autostart\n"        // no agent but ours
    "trust-model always\n"  // who may be trusted was decided before
    "no-auto-check-trustdb\n"
    "disable-dirmngr\n"  // no look-ups
    "auto-key-locate clear\n"
    "no-auto-key-retrieve\n"
    "pinentry-mode error\n"  // there is nobody to ask
    "no-comments\n"
    "no-emit-version\n"
    "cipher-algo AES256\n"
    "digest-algo SHA256\n"
    "compress-algo none\n"
    "no-random-seed-file\n"
    "no-permission-warning\n";
constexpr const char* agent_configuration =
    "disable-scdaemon\n"
    "no-allow-external-cache\n"
    "pinentry-program /bin/false\n";

std::unexpected<Error> system_failure(const std::string& what) {
  return fail(Errc::unavailable, what + ": " + std::strerror(errno));
}

/// argv of a process, each with its NUL; empty for one that is gone, if only in the midst of it, and for a zombie. A
/// stream buffer throws there; the stream that reads it does not.
std::string arguments_of(const std::string& pid) {
  const std::ifstream in("/proc/" + pid + "/cmdline", std::ios::binary);
  std::ostringstream arguments;
  arguments << in.rdbuf();
  return arguments.str();
}

bool has_argument(const std::string& arguments, const std::string& wanted) {
  return ('\0' + arguments).find('\0' + wanted + '\0') != std::string::npos;
}

Result<Descriptor> listen_at(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path)
    return fail(Errc::invalid, "the folder of GnuPG has a name too long for a socket: " + path.native());
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), 64) != 0)
    return system_failure("gpg-agent's socket cannot be made");
  return socket;
}

/// Its socket as descriptor 3 and nothing else of ours, not our signal mask either.
struct Spawn {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
  explicit Spawn(int socket) {
    posix_spawn_file_actions_init(&files);
    for (const int fd : {0, 1, 2})
      posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&files, socket, 3);
    posix_spawn_file_actions_addclosefrom_np(&files, 4);
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Spawn() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
};

Result<void> write_file(const fs::path& path, const char* text) {
  std::ofstream out(path);
  out << text;
  out.close();
  if (!out) return fail(Errc::unavailable, "cannot write " + path.native());
  return {};
}

}  // namespace

void kill_those_with(const fs::path& argument) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!has_argument(arguments_of(pid), argument.native())) continue;
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, std::atoi(pid.c_str()), 0)));
    if (process && has_argument(arguments_of(pid), argument.native()))
      ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
  }
}

GpgHome::GpgHome(fs::path folder, GpgPrograms programs) : folder_(std::move(folder)), programs_(std::move(programs)) {}

Result<std::unique_ptr<GpgHome>> GpgHome::open(const fs::path& parent, const GpgPrograms& programs) {
  std::string name = (parent / "home-XXXXXX").native();
  if (::mkdtemp(name.data()) == nullptr)
    return system_failure("no folder for GnuPG in " + parent.native());  // mode 0700
  std::unique_ptr<GpgHome> home(new GpgHome(name, programs));
  if (auto done = home->configure(); !done) return fail(done.error());
  if (auto done = home->start_agent(); !done) return fail(done.error());
  return home;
}

Result<void> GpgHome::configure() {
  if (auto done = write_file(folder_ / "gpg.conf", gpg_configuration); !done) return done;
  return write_file(folder_ / "gpg-agent.conf", agent_configuration);
}

Result<void> GpgHome::start_agent() {
  const auto socket = listen_at(folder_ / "S.gpg-agent");
  if (!socket) return fail(socket.error());
  const Spawn spawn(socket->get());
  const std::string home = folder_.native(), home_variable = "GNUPGHOME=" + home, user_home = "HOME=" + home;
  std::string program = programs_.agent.native(), option = "--homedir", folder = home, supervised = "--supervised";
  char* const arguments[] = {program.data(), option.data(), folder.data(), supervised.data(), nullptr};
  std::string path = "PATH=/usr/bin:/bin", count = "LISTEN_FDS=1", names = "LISTEN_FDNAMES=std", gnupg = home_variable,
              user = user_home;
  char* const environment[] = {path.data(), count.data(), names.data(), gnupg.data(), user.data(), nullptr};
  const int done = ::posix_spawn(&agent_, program.c_str(), &spawn.files, &spawn.attributes, arguments, environment);
  if (done == 0) return {};
  agent_ = -1;
  errno = done;
  return system_failure("gpg-agent cannot be started");
}

bool GpgHome::agent_is_alive() const {
  siginfo_t info{};
  return agent_ > 0 && ::waitid(P_PID, static_cast<id_t>(agent_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

void GpgHome::kill_all() const {
  if (agent_ > 0) ::kill(agent_, SIGKILL);  // not reaped before our end: the number is still its own
  kill_those_with(folder_);
}

GpgHome::~GpgHome() {
  kill_all();
  if (agent_ > 0) {
    while (::waitpid(agent_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace postern::crypto
