#include "net/local_listener.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.hpp"
#include "net/socket_stream.hpp"

namespace postern::net {
namespace {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;

constexpr std::chrono::milliseconds pause_when_out_of_files{100};

LocalPeer peer_of(local::socket& socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return {static_cast<uid_t>(-1), static_cast<gid_t>(-1), 0};
  }
  return {credentials.uid, credentials.gid, credentials.pid};
}

/// What the accept loop needs; it keeps this alive, since the listener may go first.
struct Door {
  local::acceptor acceptor;
  Runtime& io;
  TaskGroup& tasks;
  std::string what;
  LocalListener::Handler handler;
};

awaitable<void> accept_loop(std::shared_ptr<Door> door) {
  while (door->acceptor.is_open()) {
    const auto executor = door->io.next();
    local::socket socket(executor);
    boost::system::error_code error;
    co_await door->acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      const LocalPeer peer = peer_of(socket);
      door->tasks.spawn(executor, door->what, door->handler(peer, make_stream(std::move(socket))));
    } else if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
      co_return;
    } else {
      log::warning("{}: accept: {}", door->what, error.message());
      co_await sleep_for(pause_when_out_of_files);
    }
  }
}

class AsioLocalListener final : public LocalListener {
 public:
  AsioLocalListener(std::shared_ptr<Door> door, std::filesystem::path path)
      : door_(std::move(door)), path_(std::move(path)) {}
  ~AsioLocalListener() override {
    close();
    ::unlink(path_.c_str());
  }
  void close() override {
    asio::post(door_->acceptor.get_executor(), [door = door_] {
      boost::system::error_code ignored;
      door->acceptor.close(ignored);
    });
  }

 private:
  std::shared_ptr<Door> door_;
  std::filesystem::path path_;
};

bool someone_listens(const std::filesystem::path& path) {
  asio::io_context io;
  local::socket probe(io);
  boost::system::error_code error;
  probe.connect(local::endpoint(path.string()), error);
  return !error;
}

}  // namespace

Result<std::unique_ptr<LocalListener>> LocalListener::open(Runtime& io, TaskGroup& tasks,
                                                           const std::filesystem::path& path, std::string what,
                                                           Handler handler) {
  if (someone_listens(path)) {
    return fail(Errc::unavailable,
                "the " + what + " " + path.string() + " is in use: is another one of this daemon running?");
  }
  ::unlink(path.c_str());
  const auto executor = io.next();
  local::acceptor acceptor(executor);
  boost::system::error_code error;
  acceptor.open(local(), error);
  const mode_t before = ::umask(0117);  // 0660 from the start: no moment at which others may connect
  if (!error) acceptor.bind(local::endpoint(path.string()), error);
  ::umask(before);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(Errc::io, "cannot open the " + what + " " + path.string() + ": " + error.message());
  auto door = std::make_shared<Door>(Door{std::move(acceptor), io, tasks, std::move(what), std::move(handler)});
  tasks.spawn(executor, door->what, accept_loop(door));
  return std::make_unique<AsioLocalListener>(std::move(door), path);
}

awaitable<std::unique_ptr<Stream>> dial_local(std::filesystem::path path, std::chrono::milliseconds timeout) {
  local::socket socket(co_await asio::this_coro::executor);
  boost::system::error_code error;
  // It is there at once or not at all: a UNIX socket's queue is the only wait, and a full one is an error here.
  socket.connect(local::endpoint(path.string()), error);
  if (error) throw Broken(error.message());
  auto stream = make_stream(std::move(socket));
  stream->expires_after(timeout);
  co_return stream;
}

}  // namespace postern::net
