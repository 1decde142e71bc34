// The control door: a UNIX stream socket, one JSON line in, one JSON line out, then closed. Who asks is known from the
// kernel (SO_PEERCRED), not from what it says.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "net/awaitable.hpp"
#include "net/local_listener.hpp"
#include "net/runtime.hpp"

namespace postern::net {

inline constexpr std::size_t longest_local_request = 64U << 10;  // octets

class LocalServer {
 public:
  using Handler = std::function<awaitable<std::string>(LocalPeer, std::string)>;
  /// Replaces a socket file that no one listens on; a live one is an Error.
  [[nodiscard]] static Result<std::unique_ptr<LocalServer>> open(Runtime& io, TaskGroup& tasks,
                                                                 const std::filesystem::path& path, Handler handler);
  virtual ~LocalServer() = default;
  virtual void close() = 0;
};

/// Blocking, for the admin command. Errc::unavailable: nobody listens there.
[[nodiscard]] Result<std::string> ask_local(const std::filesystem::path& path, const std::string& request);

}  // namespace postern::net
