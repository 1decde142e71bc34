// The servers that a Scene's gateway dials: one for each connection, the first over a line that may fail.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/gateway/scene.hpp"

namespace postern::test {

/// A recipient's server, reached over a connection whose operation number `fail_at` fails.
struct Host {
  FakeMx mx;
  FailingStream line;
  Host(std::size_t fail_at, FailingStream::How how, bool chunking) : line(mx, fail_at, how) {
    mx.offer_chunking = chunking;
  }
};

/// What the gateway dials: the test keeps the host when the connection is gone.
struct Connection final : QuietStream {
  std::shared_ptr<Host> host;
  explicit Connection(std::shared_ptr<Host> to) : host(std::move(to)) {}
  net::awaitable<std::size_t> read_some(std::span<char> into) override {
    co_return co_await host->line.read_some(into);
  }
  net::awaitable<void> write(std::string_view bytes) override { co_await host->line.write(bytes); }
  net::awaitable<net::TlsSession> start_tls(const net::TlsClient& client, std::string name) override {
    co_return co_await host->line.start_tls(client, std::move(name));
  }
};

/// The servers that were dialled, in order; the first fails at its N-th operation.
struct Hosts {
  std::vector<std::shared_ptr<Host>> dialled;
  bool offer_starttls = true, offer_requiretls = false;
  std::map<std::string, std::string> first_replies;  // of the first of them (FakeMx::replies)
  /// The next connection breaks at once.
  void refuse_next() { refuse_ = true; }
  explicit Hosts(Scene& scene, std::size_t fail_at = SIZE_MAX, FailingStream::How how = FailingStream::How::broken,
                 bool chunking = false) {
    scene.dialer.connect = [this, fail_at, how, chunking]() -> std::unique_ptr<net::Stream> {
      const bool first = dialled.empty();
      const bool breaks = dialled.empty() || std::exchange(refuse_, false);
      dialled.push_back(std::make_shared<Host>(breaks ? fail_at : SIZE_MAX, how, chunking));
      dialled.back()->mx.offer_starttls = offer_starttls;
      dialled.back()->mx.offer_requiretls = offer_requiretls;
      if (first) dialled.back()->mx.replies = first_replies;
      return std::make_unique<Connection>(dialled.back());
    };
  }
  [[nodiscard]] std::size_t kept() const {
    return static_cast<std::size_t>(std::ranges::count_if(dialled, [](const auto& host) { return host->mx.kept; }));
  }
  /// What each of them kept.
  [[nodiscard]] std::vector<std::string> messages() const {
    std::vector<std::string> all;
    for (const auto& host : dialled) {
      if (host->mx.kept) all.push_back(host->mx.message);
    }
    return all;
  }
  [[nodiscard]] bool saw_mail_in_clear() const {
    return std::ranges::any_of(dialled, [](const auto& host) { return host->mx.mail_in_clear; });
  }

 private:
  bool refuse_ = false;
};

/// Messages that are not notices of ours.
inline std::size_t waiting(Scene& scene) {
  return static_cast<std::size_t>(std::ranges::count_if(
      scene.queue(), [](const spool::StoredMessage& one) { return one.message.envelope.from.has_value(); }));
}

}  // namespace postern::test
