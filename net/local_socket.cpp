#include "net/local_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.hpp"

namespace postern::net {
namespace {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;
constexpr std::chrono::seconds patience{10};

LocalPeer peer_of(local::socket& socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return {static_cast<uid_t>(-1), static_cast<gid_t>(-1), 0};
  }
  return {credentials.uid, credentials.gid, credentials.pid};
}

awaitable<void> serve_one(std::shared_ptr<local::socket> socket, LocalServer::Handler handler) {
  asio::steady_timer deadline(socket->get_executor(), patience);
  deadline.async_wait([socket](boost::system::error_code ended) {
    if (!ended) socket->cancel();
  });
  std::string request;
  const std::size_t length = co_await asio::async_read_until(
      *socket, asio::dynamic_buffer(request, longest_local_request), '\n', asio::use_awaitable);
  request.resize(length - 1);
  deadline.cancel();
  const std::string answer = co_await handler(peer_of(*socket), std::move(request)) + "\n";
  co_await asio::async_write(*socket, asio::buffer(answer), asio::use_awaitable);
}

/// What the accept loop needs; it keeps this alive, since the server may go first.
struct Door {
  local::acceptor acceptor;
  TaskGroup& tasks;
  LocalServer::Handler handler;
};

awaitable<void> accept_loop(std::shared_ptr<Door> door) {
  while (door->acceptor.is_open()) {
    auto socket = std::make_shared<local::socket>(co_await door->acceptor.async_accept(asio::use_awaitable));
    const auto executor = socket->get_executor();
    door->tasks.spawn(executor, "control request", serve_one(std::move(socket), door->handler));
  }
}

class AsioLocalServer final : public LocalServer {
 public:
  AsioLocalServer(std::shared_ptr<Door> door, std::filesystem::path path)
      : door_(std::move(door)), path_(std::move(path)) {}
  ~AsioLocalServer() override {
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

Result<std::unique_ptr<LocalServer>> LocalServer::open(Runtime& io, TaskGroup& tasks, const std::filesystem::path& path,
                                                       Handler handler) {
  if (someone_listens(path)) {
    return fail(Errc::unavailable, "the control socket " + path.string() + " is in use: is another posternd running?");
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
  if (error) return fail(Errc::io, "cannot open the control socket " + path.string() + ": " + error.message());
  auto door = std::make_shared<Door>(Door{std::move(acceptor), tasks, std::move(handler)});
  tasks.spawn(executor, "control socket", accept_loop(door));
  return std::make_unique<AsioLocalServer>(std::move(door), path);
}

Result<std::string> ask_local(const std::filesystem::path& path, const std::string& request) {
  asio::io_context io;
  local::socket socket(io);
  boost::system::error_code error;
  socket.connect(local::endpoint(path.string()), error);
  if (error) return fail(Errc::unavailable, "no daemon answers at " + path.string() + ": " + error.message());
  asio::write(socket, asio::buffer(request + "\n"), error);
  std::string answer;
  if (!error) asio::read_until(socket, asio::dynamic_buffer(answer), '\n', error);
  if (answer.empty() || answer.back() != '\n') {
    return fail(Errc::unavailable, "the daemon closed the control connection without an answer");
  }
  answer.pop_back();
  return answer;
}

}  // namespace postern::net
