#include "base/service_manager.hpp"

#include <cstdlib>
#include <ctime>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace postern {

std::map<std::string, std::vector<int>> inherited_sockets() {
  std::map<std::string, std::vector<int>> sockets;
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  for (int i = 0; i < count; ++i) {
    sockets[names[i]].push_back(SD_LISTEN_FDS_START + i);
    std::free(names[i]);
  }
  std::free(static_cast<void*>(names));
  return sockets;
}

void tell_ready() {
  sd_notify(0, "READY=1");
}

void tell_reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);  // systemd.service(5), Type=notify-reload
  sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000LL + now.tv_nsec / 1000).c_str());
}

void tell_stopping() {
  sd_notify(0, "STOPPING=1");
}

}  // namespace postern
