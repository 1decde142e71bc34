// Streams without a network: bytes that are there already, and an end that a test chose.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/stream.hpp"
#include "net/tls.hpp"

namespace postern::test {

/// A handshake as a healthy peer would make it.
inline net::TlsSession good_tls(std::string name = "mx.example") {
  return {0x0304, "TLS_AES_256_GCM_SHA384", "X25519", true, "", {std::move(name)}, "sha256:00"};
}
inline std::shared_ptr<const net::TlsClient> tls_client() {
  return std::make_shared<net::TlsClient>();
}
inline std::shared_ptr<const net::TlsServer> tls_server() {
  return std::make_shared<net::TlsServer>();
}

/// What all of them share; nothing works until a test says how.
class QuietStream : public net::Stream {
 public:
  void expires_after(std::chrono::milliseconds) override {}
  net::awaitable<net::TlsSession> accept_tls(const net::TlsServer&) override { co_return handshake(); }
  net::awaitable<net::TlsSession> start_tls(const net::TlsClient&, std::string name) override {
    server_name = std::move(name);
    co_return handshake();
  }
  net::awaitable<void> shutdown() override {
    closed = true;
    co_return;
  }
  void close() noexcept override { closed = true; }
  [[nodiscard]] net::Endpoint peer() const override { return {"192.0.2.7", 40000}; }
  [[nodiscard]] net::Endpoint local() const override { return {"192.0.2.1", 25}; }

  std::string server_name;
  bool closed = false;

 protected:
  /// Throws, or tells of a session.
  virtual net::TlsSession handshake() { throw net::TlsFailed("no TLS here", true); }
};

/// Bytes to read, given out in pieces; what is written is kept.
class MemoryStream final : public QuietStream {
 public:
  explicit MemoryStream(std::string bytes, std::size_t piece = SIZE_MAX) : in(std::move(bytes)), piece_(piece) {}

  net::awaitable<std::size_t> read_some(std::span<char> into) override {
    const std::size_t count = std::min({piece_, into.size(), in.size() - at_});
    std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    co_return count;
  }
  net::awaitable<void> write(std::string_view bytes) override {
    out += bytes;
    ++writes;
    co_return;
  }

  /// How many octets were read.
  [[nodiscard]] std::size_t given() const { return at_; }

  std::string in, out;
  std::size_t writes = 0;

 protected:
  net::TlsSession handshake() override { return good_tls(); }

 private:
  std::size_t piece_, at_ = 0;
};

/// Another stream, whose N-th operation fails.
class FailingStream final : public QuietStream {
 public:
  enum class How { broken, timed_out };
  FailingStream(net::Stream& inner, std::size_t fail_at, How how) : inner_(inner), fail_at_(fail_at), how_(how) {}

  net::awaitable<std::size_t> read_some(std::span<char> into) override {
    count();
    co_return co_await inner_.read_some(into);
  }
  net::awaitable<void> write(std::string_view bytes) override {
    count();
    co_await inner_.write(bytes);
  }
  net::awaitable<net::TlsSession> accept_tls(const net::TlsServer& server) override {
    count();
    co_return co_await inner_.accept_tls(server);
  }
  net::awaitable<net::TlsSession> start_tls(const net::TlsClient& client, std::string name) override {
    count();
    co_return co_await inner_.start_tls(client, std::move(name));
  }

  [[nodiscard]] bool failed() const { return failed_; }

 private:
  void count() {
    if (!failed_ && ++operations_ != fail_at_) return;
    failed_ = true;  // and all that follow
    if (how_ == How::timed_out) throw net::TimedOut("no answer in time");
    throw net::Broken("connection reset");
  }

  net::Stream& inner_;
  std::size_t fail_at_, operations_ = 0;
  How how_;
  bool failed_ = false;
};

}  // namespace postern::test
