// systemd, where it started us: the sockets that it holds for us (sd_listen_fds(3)), and what it wants to be told
// (sd_notify(3)). Without it there are no sockets, and nobody listens.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace postern {

/// Listening sockets by their FileDescriptorName. Taken once: a second call finds none.
[[nodiscard]] std::map<std::string, std::vector<int>> inherited_sockets();

void tell_ready();
void tell_reloading();
void tell_stopping();

}  // namespace postern
