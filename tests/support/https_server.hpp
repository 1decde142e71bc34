// An HTTPS server on loopback that says what a test wrote down, in pieces and with pauses if wanted.
//
//   HttpsServer server(leaf_pki, "HTTP/1.1 200 OK\r\n…");
//   server.local()          // 127.0.0.1 and its port
//   server.requests()       // what came, up to the empty line
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/runtime.hpp"
#include "tests/support/pki.hpp"

namespace postern::test {

struct Script {
  std::string reply;
  std::size_t piece = SIZE_MAX;
  std::chrono::milliseconds pause{0};  // between pieces
  bool hang_up = false;                // at once, without TLS
};

class HttpsServer {
 public:
  HttpsServer(const Pki& leaf, Script script) : state_(std::make_shared<State>()) {
    state_->script = std::move(script);
    net::TlsServerOptions options;
    options.certificate_pem = pem_of(leaf);
    const std::string key = key_pem_of(leaf);
    options.key_pem = Secret(std::span(reinterpret_cast<const std::uint8_t*>(key.data()), key.size()));
    state_->tls = net::TlsServer::make(options).value();
    auto handler = [state = state_](std::unique_ptr<net::Stream> stream) { return serve(state, std::move(stream)); };
    net::AcceptorOptions where;
    where.at = {"127.0.0.1", 0};
    acceptor_ = net::Acceptor::open(io_, tasks_, where, handler, handler).value();
  }
  ~HttpsServer() {
    acceptor_->close();
    tasks_.cancel();
    tasks_.join();
    io_.stop();
  }
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  [[nodiscard]] net::Endpoint local() const { return acceptor_->local(); }
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(state_->mutex);
    return state_->requests;
  }
  [[nodiscard]] unsigned connections() const {
    const std::lock_guard lock(state_->mutex);
    return state_->connections;
  }
  void say(Script script) {
    const std::lock_guard lock(state_->mutex);
    state_->script = std::move(script);
  }

 private:
  struct State {
    mutable std::mutex mutex;
    Script script;
    std::shared_ptr<const net::TlsServer> tls;
    std::vector<std::string> requests;
    unsigned connections = 0;
    Script connected() {
      const std::lock_guard lock(mutex);
      ++connections;
      return script;
    }
    void requested(std::string request) {
      const std::lock_guard lock(mutex);
      requests.push_back(std::move(request));
    }
  };

  static net::awaitable<void> serve(std::shared_ptr<State> state, std::unique_ptr<net::Stream> stream) {
    const Script script = state->connected();
    if (script.hang_up) co_return;
    stream->expires_after(std::chrono::seconds(30));
    try {
      co_await stream->accept_tls(*state->tls);
      std::string request;
      std::array<char, 1024> buffer{};
      while (!request.contains("\r\n\r\n")) {
        const std::size_t got = co_await stream->read_some(buffer);
        if (got == 0) co_return;
        request.append(buffer.data(), got);
      }
      state->requested(std::move(request));
      for (std::size_t at = 0; at < script.reply.size(); at += std::min(script.piece, script.reply.size() - at)) {
        co_await stream->write(std::string_view(script.reply).substr(at, script.piece));
        if (script.pause.count() > 0) co_await net::sleep_for(script.pause);
      }
      co_await stream->shutdown();
    } catch (const net::Broken&) {  // the client has had enough
    }
  }

  std::shared_ptr<State> state_;
  net::Runtime io_{1};
  net::TaskGroup tasks_{"https server"};
  std::unique_ptr<net::Acceptor> acceptor_;
};

/// 200 and text/plain, unless told otherwise.
inline std::string http_reply(const std::string& body, const std::string& status = "200 OK",
                              const std::string& type = "text/plain") {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace postern::test
