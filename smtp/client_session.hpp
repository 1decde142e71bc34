// The sending side of SMTP: one connection to one host, and one message after another.
//
//   ClientSession session(*stream, options, requirement);
//   if (auto failure = co_await session.open()) …            the host's failure, before any recipient's fate was
//   decided auto result = co_await session.send(outbound, body, before_final_dot); … later, while session.ready(): the
//   next send …          or co_await session.end();
//
// The session meets the Outbound's TlsRequirement before MAIL FROM or sends nothing: the TLS session that met
// the requirement is the one that carries the data.
//
// A requirement of `encrypted` or more: no STARTTLS, a refused STARTTLS, a handshake that fails for the
// host's inability, or unmet facts end the session as host_incapable; what an attacker or an outage can cause
// ends it as transient. `opportunistic`: a handshake that fails gives fallback_to_clear, and the caller may
// dial again with `avoid_tls` – never for a stricter requirement, which is checked again here.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/outbound.hpp"
#include "mail/outcome.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"
#include "smtp/extensions.hpp"

namespace postern::smtp {

/// RFC 5321 §4.5.3.2
struct ClientTimeouts {
  std::chrono::milliseconds greeting = std::chrono::minutes(5);
  std::chrono::milliseconds command = std::chrono::minutes(5);
  std::chrono::milliseconds handshake = std::chrono::seconds(30);
  std::chrono::milliseconds data_block = std::chrono::minutes(3);
  std::chrono::milliseconds final_dot = std::chrono::minutes(10);
};

struct ClientOptions {
  std::string hostname;  // ours, for EHLO
  std::string host;      // the MX's or relay's name: SNI and, at `verified`, the name in the certificate
  std::shared_ptr<const net::TlsClient> tls;
  ClientTimeouts timeouts;
  bool avoid_tls = false;  // second try of opportunistic mail after a failed handshake
};

/// The body of an Outbound, read piece by piece; empty at its end. Its bytes obey mail/lines.hpp.
class Body {
 public:
  virtual ~Body() = default;
  virtual net::awaitable<std::string> next() = 0;
};

/// Told right before the final dot or the end of the last chunk goes out, so that the attempt is on record; may throw
/// to stop the sending.
using BeforeFinalDot = std::function<net::awaitable<void>()>;

/// BDAT where it is offered (RFC 3030), or DATA in any case: for what did not go well before.
enum class Chunking { offered, avoid };

/// Before any recipient's fate was decided, the host itself failed.
struct HostFailure {
  mail::Stage stage = mail::Stage::connect;
  mail::TlsLesson lesson = mail::TlsLesson::none;  // incapable: of this host
  bool permanent = false;                          // the host answered 5xx to the connection or EHLO
  bool fallback_to_clear = false;
  std::string reason;  // ours
  std::optional<mail::PeerReply> reply;
  mail::TlsFacts tls;
};

struct SessionResult {
  std::optional<HostFailure> host_failure;  // then `outcomes` is empty
  std::vector<mail::Outcome> outcomes;      // one per recipient of the Outbound, in order
  mail::TlsFacts tls;                       // of the session that carried it
  /// A session that had carried mail before did not take this one: the host had closed it, or takes no more over it.
  /// Nothing was decided and the body was not touched: a new connection costs nothing.
  bool stale = false;
  bool broke = false;  // the connection: what has no place in it now needs another
  /// It offers CHUNKING and does not know BDAT. Nothing was delivered: over a new connection, with DATA.
  bool bdat_unknown = false;
};

class ClientSession {
 public:
  /// `stream` must stay while this does.
  ClientSession(net::Stream& stream, ClientOptions options, mail::TlsRequirement requirement);
  ~ClientSession();
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  /// Once, first. Never throws for what the peer does; nothing where the requirement is met and mail may be sent.
  net::awaitable<std::optional<HostFailure>> open();
  /// Over the session that was judged, and for its requirement only: an Outbound with another sends nothing.
  net::awaitable<SessionResult> send(const mail::Outbound& outbound, Body& body, BeforeFinalDot before_final_dot,
                                     Chunking chunking = Chunking::offered);
  /// QUIT where the conversation is in order; the stream is shut down when it returns.
  net::awaitable<void> end();

  [[nodiscard]] bool ready() const;     // may take another message, and its MAILMAX (RFC 9422 §4.1) allows one
  [[nodiscard]] unsigned sent() const;  // so many were tried over it
  [[nodiscard]] const mail::TlsFacts& tls() const;
  [[nodiscard]] const Extensions& offers() const;  // once it is open

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One connection for one message: all of the above.
net::awaitable<SessionResult> send(net::Stream& stream, const ClientOptions& options, const mail::Outbound& outbound,
                                   Body& body, BeforeFinalDot before_final_dot);

}  // namespace postern::smtp
