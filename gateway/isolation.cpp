#include "gateway/isolation.hpp"

#include <algorithm>
#include <thread>

#include <unistd.h>

#include "inspect/worker_channel.hpp"

namespace postern::gateway {
namespace {

namespace fs = std::filesystem;

fs::path beside_this_program() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path() / "postern-inspect";
}

}  // namespace

MakeInspector isolated(const Config& config, const std::string& user) {
  if (config.inspect_worker == Isolation::never) return inspect::make_inspector;
  inspect::WorkerOptions options;
  options.place.program = config.inspect_program.value_or(beside_this_program());
  options.place.socket = config.inspect_socket.value_or(fs::path());
  options.place.user = config.inspect_user.empty() ? user : config.inspect_user;
  options.timeout = std::chrono::ceil<std::chrono::milliseconds>(config.inspect_timeout);
  options.memory = config.inspect_memory;
  options.in_flight = std::max(1U, std::thread::hardware_concurrency());
  options.plain_text_too = config.inspect_worker == Isolation::always;
  return [options](const mail::ProbeSet& probes, inspect::InspectLimits limits, std::string value_key) {
    return inspect::make_worker_inspector(probes, limits, std::move(value_key), options);
  };
}

Result<void> check_isolation(const Config& config, const std::string& user) {
  if (config.inspect_user.empty() || config.inspect_user == user || config.inspect_socket) return {};
  if (geteuid() != 0 || user.empty()) return {};  // starting it says whether it can be
  return fail(
      Errc::invalid,
      "inspect.user needs a posternd that is root and stays it: a worker that is started later could not become "
      "'" +
          config.inspect_user + "'. Let systemd start it: inspect.socket");
}

}  // namespace postern::gateway
