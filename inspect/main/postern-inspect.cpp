// postern-inspect: reads messages for the gateway, which starts it, or lets systemd start it (postern-inspect.socket).
// Either way its socket is descriptor 3.
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/worker/zygote.hpp"

int main() {
  constexpr int control = 3;
  struct stat about{};
  if (fstat(control, &about) != 0 || !S_ISSOCK(about.st_mode)) {
    std::fputs("postern-inspect is started by posternd (or by systemd for it): it expects a socket as descriptor 3.\n",
               stderr);
    return 2;
  }
  return postern::inspect::serve_gateway(control);
}
