// The receiving side of SMTP: one connection, from greeting to QUIT.
//
// The protocol is a table in server_states.hpp (event, state → action, state), without sockets. This
// coroutine feeds it from a net::Stream and asks a Receiver what to answer; every text it says itself is in
// replies.hpp.
//
//   co_await smtp::serve(*stream, options, receiver);     // returns when the connection is over
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mail/envelope.hpp"
#include "mail/reply.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"

namespace postern::smtp {

enum class Starttls { off, offered, required, implicit };  // implicit: TLS before the greeting (RFC 8314 §3.3)
enum class BareLf { refuse, normalise };

struct ServerLimits {
  std::uint64_t size = 150ULL << 20;  // octets of one message
  std::size_t recipients = 1000;      // RFC 5321 §4.5.3.1.8 asks for 100 at least
  std::size_t command_line = 2048;    // octets; 512 by RFC 5321 §4.5.3.1.4, more for parameters
  std::size_t header = 256U << 10;    // octets of the header section
  std::size_t errors = 10;            // bad commands before 421
  std::size_t body_line = 64U << 10;  // octets; senders exceed RFC 5322's 998 and must not be cut
  std::uint64_t body_rate = 500;      // octets a second: see body_patience.hpp
};

/// RFC 5321 §4.5.3.2
struct ServerTimeouts {
  std::chrono::milliseconds command = std::chrono::minutes(5);
  std::chrono::milliseconds data_block = std::chrono::minutes(3);
  std::chrono::milliseconds handshake = std::chrono::seconds(30);
};

struct ServerOptions {
  std::string hostname;
  std::string listener;
  Starttls starttls = Starttls::required;
  std::shared_ptr<const net::TlsServer> tls;  // null only where starttls is off
  BareLf bdat_bare_lf = BareLf::normalise;
  bool announce_limits = false;  // LIMITS (RFC 9422)
  ServerLimits limits;
  ServerTimeouts timeouts;
};

/// What the transport noticed about a body.
struct BodyNotes {
  bool chunked = false;              // BDAT, not DATA
  std::uint64_t bare_lf_mended = 0;  // bare LFs that became CRLF
  bool final_line_ended = false;     // the last line had no CRLF and got one
};

/// What the gateway does with what the session brings. One per connection; calls come in protocol order:
/// start (mail, rcpt+, body_begins, body*, body_ends | abandon)*. A reply that is not positive leaves the
/// state as it was.
class Receiver {
 public:
  virtual ~Receiver() = default;
  /// After connect and again after STARTTLS and each EHLO. Positive: go on. Else it is said and the
  /// connection closes.
  virtual net::awaitable<mail::Reply> start(const mail::Peer& peer) = 0;
  virtual net::awaitable<mail::Reply> mail(const mail::ReversePath& from, const mail::MailParameters& parameters) = 0;
  virtual net::awaitable<mail::Reply> rcpt(const mail::Address& to, const mail::RecipientParameters& parameters) = 0;
  /// Before 354, or at the first BDAT. Not positive (452: no room): the reply to DATA or to each chunk.
  virtual net::awaitable<mail::Reply> body_begins() = 0;
  /// The next bytes: dot-unstuffed, CRLF lines, no NUL. The view lives until the call returns.
  virtual net::awaitable<void> body(std::string_view bytes) = 0;
  /// The whole body came. The reply is the answer to the message.
  virtual net::awaitable<mail::Reply> body_ends(const BodyNotes& notes) = 0;
  /// The transaction is over without body_ends: RSET, a refused body, a broken connection. Never throws.
  virtual void abandon() noexcept = 0;
};

net::awaitable<void> serve(net::Stream& stream, const ServerOptions& options, Receiver& receiver);

}  // namespace postern::smtp
