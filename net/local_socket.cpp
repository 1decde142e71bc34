#include "net/local_socket.hpp"

#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace postern::net {
namespace {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;
constexpr std::chrono::seconds patience{10};

awaitable<std::string> read_line(Stream& stream) {
  std::string line;
  std::vector<char> piece(longest_local_request);
  while (!line.ends_with('\n')) {
    const std::size_t got = co_await stream.read_some(piece);
    if (got == 0 || line.size() + got > longest_local_request) throw Broken("no request");
    line.append(piece.data(), got);
  }
  line.pop_back();
  co_return line;
}

awaitable<void> serve_one(LocalPeer peer, std::unique_ptr<Stream> stream, LocalServer::Handler handler) {
  stream->expires_after(patience);
  std::string request = co_await read_line(*stream);
  std::string answer = co_await handler(peer, std::move(request));
  answer += '\n';
  stream->expires_after(patience);
  co_await stream->write(answer);
}

class LineServer final : public LocalServer {
 public:
  explicit LineServer(std::unique_ptr<LocalListener> listener) : listener_(std::move(listener)) {}
  void close() override { listener_->close(); }

 private:
  std::unique_ptr<LocalListener> listener_;
};

}  // namespace

Result<std::unique_ptr<LocalServer>> LocalServer::open(Runtime& io, TaskGroup& tasks, const std::filesystem::path& path,
                                                       Handler handler) {
  auto listener = LocalListener::open(io, tasks, path, "control socket",
                                      [handler = std::move(handler)](LocalPeer peer, std::unique_ptr<Stream> stream) {
                                        return serve_one(peer, std::move(stream), handler);
                                      });
  if (!listener) return fail(listener.error());
  return std::make_unique<LineServer>(std::move(*listener));
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
