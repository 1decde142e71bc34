// The server's end of a connection: commands and body octets in, replies out, and how long it waits for each.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/reply.hpp"
#include "net/stream.hpp"
#include "smtp/body_patience.hpp"
#include "smtp/input.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

class ServerWire {
 public:
  ServerWire(net::Stream& stream, const ServerOptions& options)
      : stream_(stream),
        timeouts_(options.timeouts),
        body_rate_(options.limits.body_rate),
        input_(stream, options.limits.command_line) {}

  [[nodiscard]] bool open() const { return open_; }
  /// What was said still goes out; no command is read any more.
  void close() { open_ = false; }

  void say(const mail::Reply& reply) { out_ += mail::format_reply(reply); }
  net::awaitable<void> flush();

  /// The next line. Replies are gathered while commands wait in the buffer (RFC 2920 §3.2).
  net::awaitable<Line> command();
  /// From its first octet to its answer a message has one patience for all that is waited for, BDAT commands included.
  void message_begins() { patience_.emplace(timeouts_.data_block, body_rate_); }
  void message_ends() { patience_.reset(); }
  /// What is here of a body, at least one octet and at most `most`; took() uses it up. Throws net::Broken where the
  /// peer closed.
  net::awaitable<std::string_view> body(std::uint64_t most);
  void took(std::size_t octets);

  /// Octets that came in the clear behind a command.
  [[nodiscard]] bool sent_ahead() const { return !input_.buffered().empty(); }
  net::awaitable<net::TlsSession> accept_tls(const net::TlsServer& tls);
  /// What we do ourselves takes none of the peer's time.
  void restart_clock() { stream_.expires_after(timeouts_.command); }

 private:
  /// Gives the next wait its end; the patience of the message, if one is on its way, pays for it.
  void wait_at_most(std::chrono::milliseconds time);
  void waited();

  net::Stream& stream_;
  const ServerTimeouts& timeouts_;
  std::uint64_t body_rate_;
  std::optional<BodyPatience> patience_;
  std::chrono::steady_clock::time_point waits_since_;
  Input input_;
  std::string out_;
  bool open_ = true;
};

}  // namespace postern::smtp
