// A web without sockets: what each address answers is what a test wrote down, and who was dialled is remembered.
//
//   FakeWeb web;
//   web.at["192.0.2.1:80"] = [](const std::string& request) { return http_ok("…"); };
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/runtime.hpp"
#include "tests/support/streams.hpp"

namespace postern::test {

inline std::string http_ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class FakeWeb final : public net::Dialer {
 public:
  /// The whole request in, the whole answer out; nothing: silence until the deadline.
  using Answer = std::function<std::optional<std::string>(const std::string& request)>;
  std::map<std::string, Answer> at;    // by address and port
  std::chrono::milliseconds pause{0};  // before each answer

  net::awaitable<std::unique_ptr<net::Stream>> dial(net::Endpoint to, std::chrono::milliseconds) override {
    const std::lock_guard lock(mutex_);
    dialled_.push_back(net::format_endpoint(to));
    const auto found = at.find(dialled_.back());
    if (found == at.end()) throw net::Broken("connection refused");
    co_return std::make_unique<Connection>(found->second, pause);
  }
  [[nodiscard]] std::vector<std::string> dialled() const {
    const std::lock_guard lock(mutex_);
    return dialled_;
  }

 private:
  struct Connection final : QuietStream {
    Answer answer;
    std::chrono::milliseconds pause, patience{0};
    std::optional<std::string> out;

    Connection(Answer how, std::chrono::milliseconds late) : answer(std::move(how)), pause(late) {}
    net::awaitable<std::size_t> read_some(std::span<char> into) override {
      if (!out) {
        co_await net::sleep_for(patience);
        throw net::TimedOut("the deadline passed");
      }
      constexpr std::size_t most = 1000;
      const std::size_t n = std::min({into.size(), out->size(), most});
      std::copy_n(out->begin(), n, into.begin());
      out->erase(0, n);
      co_return n;
    }
    net::awaitable<void> write(std::string_view bytes) override {
      const std::string request(bytes);
      if (pause.count() > 0) co_await net::sleep_for(pause);
      out = answer(request);
    }
    void expires_after(std::chrono::milliseconds timeout) override { patience = timeout; }
  };

  mutable std::mutex mutex_;
  std::vector<std::string> dialled_;
};

}  // namespace postern::test
