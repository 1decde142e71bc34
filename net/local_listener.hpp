// A UNIX socket that is listened on, and the way to connect to one. Who is there is known from the kernel
// (SO_PEERCRED), not from what it says.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include <sys/types.h>

#include "base/error.hpp"
#include "net/runtime.hpp"
#include "net/stream.hpp"

namespace postern::net {

struct LocalPeer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

class LocalListener {
 public:
  using Handler = std::function<awaitable<void>(LocalPeer, std::unique_ptr<Stream>)>;
  /// With mode 0660 from its first moment. Replaces a socket file that no one listens on; a live one is an Error.
  /// `what`: for error texts and logs, "control socket".
  [[nodiscard]] static Result<std::unique_ptr<LocalListener>> open(Runtime& io, TaskGroup& tasks,
                                                                   const std::filesystem::path& path, std::string what,
                                                                   Handler handler);
  virtual ~LocalListener() = default;  // removes the socket file
  virtual void close() = 0;
};

/// Throws Broken or TimedOut.
awaitable<std::unique_ptr<Stream>> dial_local(std::filesystem::path path, std::chrono::milliseconds timeout);

}  // namespace postern::net
