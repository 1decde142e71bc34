#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>

#include "base/log.hpp"
#include "net/proxy_header.hpp"
#include "net/runtime.hpp"
#include "net/socket_stream.hpp"

namespace postern::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds pause_when_out_of_files{200};

/// How many connections are open, from each address and in all.
class Counts {
 public:
  /// False where the limits do not allow one more.
  bool enter(const std::string& address, const AcceptorOptions& limits) {
    const std::lock_guard lock(mutex_);
    const auto found = by_address_.find(address);
    const unsigned open = found == by_address_.end() ? 0 : found->second;
    if (total_ >= limits.total || (limits.per_client != 0 && open >= limits.per_client)) return false;
    ++by_address_[address];
    ++total_;
    return true;
  }
  void leave(const std::string& address) {
    const std::lock_guard lock(mutex_);
    const auto found = by_address_.find(address);
    if (--found->second == 0) by_address_.erase(found);
    --total_;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, unsigned> by_address_;
  unsigned total_ = 0;
};

/// Leaves when the connection ends, however it ends.
class Place {
 public:
  Place(std::shared_ptr<Counts> counts, std::string address)
      : counts_(std::move(counts)), address_(std::move(address)) {}
  Place(Place&&) noexcept = default;
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (counts_) counts_->leave(address_);
  }

 private:
  std::shared_ptr<Counts> counts_;
  std::string address_;
};

/// The client behind a load balancer; null where the balancer does not say who that is.
awaitable<std::unique_ptr<Stream>> behind_balancer(std::unique_ptr<Stream> stream) {
  const std::string balancer = format_endpoint(stream->peer());
  std::unique_ptr<Stream> client;
  try {
    client = co_await behind_proxy(std::move(stream));
  } catch (const Broken& broken) {
    log::warning("the load balancer {} was hung up on: {}", balancer, broken.what());
  }
  co_return client;
}

/// The listening socket and what its accept loop needs. The loop keeps it alive: it may see one more connection after
/// the handle that the daemon holds is gone.
class Listening {
 public:
  Listening(Runtime& io, TaskGroup& tasks, AcceptorOptions options, Acceptor::Handler handle, Acceptor::Handler refuse)
      : io_(io),
        tasks_(tasks),
        options_(std::move(options)),
        handle_(std::move(handle)),
        refuse_(std::move(refuse)),
        socket_(io.next()) {}

  Result<void> bind() {
    boost::system::error_code error;
    if (options_.inherited >= 0) return adopt();
    const tcp::endpoint at(asio::ip::make_address(options_.at.address, error), options_.at.port);
    if (!error) socket_.open(at.protocol(), error);
    if (!error) socket_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && at.address().is_v6()) socket_.set_option(asio::ip::v6_only(true), error);
    if (!error) socket_.bind(at, error);
    if (!error) socket_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail(Errc::io, "cannot listen on " + format_endpoint(options_.at) + ": " + error.message());
    return {};
  }

  /// A socket of systemd's: bound and listening already.
  Result<void> adopt() {
    sockaddr_storage at{};
    socklen_t size = sizeof at;
    boost::system::error_code error;
    if (::getsockname(options_.inherited, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
      return fail(Errc::io, std::string("the inherited socket cannot be used: ") + std::strerror(errno));
    }
    socket_.assign(at.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), options_.inherited, error);
    if (error) return fail(Errc::io, "the inherited socket cannot be used: " + error.message());
    return {};
  }

  static void start(const std::shared_ptr<Listening>& self) {
    self->tasks_.spawn(self->socket_.get_executor(), "accept " + format_endpoint(self->local()), loop(self));
  }

  [[nodiscard]] Endpoint local() const {
    boost::system::error_code error;
    const tcp::endpoint at = socket_.local_endpoint(error);
    return {at.address().to_string(), at.port()};
  }

  /// Any thread, any number of times.
  static void close(const std::shared_ptr<Listening>& self) {
    asio::post(self->socket_.get_executor(), [self] {
      boost::system::error_code ignored;
      self->socket_.close(ignored);
    });
  }

 private:
  static awaitable<void> loop(std::shared_ptr<Listening> self) {
    while (self->socket_.is_open()) {
      boost::system::error_code error;
      const auto executor = self->io_.next();
      tcp::socket socket(executor);
      co_await self->socket_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
      if (!error) {
        self->take(self, std::move(socket), executor);
      } else if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
        co_return;
      } else {
        log::warning("accept: {}", error.message());
        co_await sleep_for(pause_when_out_of_files);
      }
    }
  }

  void take(const std::shared_ptr<Listening>& self, tcp::socket socket, const asio::any_io_executor& executor) {
    auto stream = make_stream(std::move(socket));
    const std::string name = "connection from " + format_endpoint(stream->peer());
    tasks_.spawn(executor, name, serve_one(self, std::move(stream)));
  }

  static awaitable<void> serve_one(std::shared_ptr<Listening> self, std::unique_ptr<Stream> stream) {
    if (self->options_.is_balancer(stream->peer().address)) stream = co_await behind_balancer(std::move(stream));
    if (!stream) co_return;
    const std::string address = stream->peer().address;
    if (!self->counts_->enter(address, self->options_)) {
      co_await self->refuse_(std::move(stream));
      co_return;
    }
    const Place held(self->counts_, address);
    co_await self->handle_(std::move(stream));
  }

  Runtime& io_;
  TaskGroup& tasks_;
  AcceptorOptions options_;
  Acceptor::Handler handle_, refuse_;
  tcp::acceptor socket_;
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

class TcpAcceptor final : public Acceptor {
 public:
  explicit TcpAcceptor(std::shared_ptr<Listening> listening) : listening_(std::move(listening)) {}
  ~TcpAcceptor() override { Listening::close(listening_); }
  Endpoint local() const override { return listening_->local(); }
  void close() override { Listening::close(listening_); }

 private:
  std::shared_ptr<Listening> listening_;
};

}  // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::open(Runtime& io, TaskGroup& tasks, AcceptorOptions options, Handler handle,
                                                 Handler refuse) {
  const auto listening =
      std::make_shared<Listening>(io, tasks, std::move(options), std::move(handle), std::move(refuse));
  if (auto bound = listening->bind(); !bound) return fail(bound.error());
  Listening::start(listening);
  return std::make_unique<TcpAcceptor>(listening);
}

}  // namespace postern::net
