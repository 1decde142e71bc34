// One connection, as a session sees it: bytes, a deadline, and TLS when asked.
//
// The connection breaking is an exception, caught once at the session's edge:
//   net::Broken     the peer or the network ended it      net::TimedOut   the deadline passed
//   net::TlsFailed  the handshake did not complete
// Sessions run over this interface, so tests run them over a scripted one (tests/support/).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "net/awaitable.hpp"
#include "net/endpoint.hpp"
#include "net/tls.hpp"

namespace postern::net {

struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct TimedOut : Broken {
  using Broken::Broken;
};
struct TlsFailed : Broken {
  /// `by_peer_policy`: a fatal alert or no common version or cipher – the host cannot or will not; otherwise the
  /// connection merely broke during the handshake, which an attacker can cause.
  TlsFailed(const std::string& what, bool by_peer_policy) : Broken(what), incapable(by_peer_policy) {}
  bool incapable;
};

/// A completed handshake. Nothing here was judged: the chain's result is reported, not enforced.
struct TlsSession {
  int version = 0;  // 0x0303 is TLS 1.2, 0x0304 TLS 1.3
  std::string cipher, group;
  bool chain_valid = false;
  std::string chain_error;
  std::vector<std::string> names;             // DNS subjectAltNames of the peer's certificate, lower case
  std::string fingerprint;                    // "sha256:<hex>" of the peer's certificate; empty: none was sent
  bool resumed = false;                       // chain, names and fingerprint are those of the handshake that it resumes
  std::string key_fingerprint = {};           // of its SubjectPublicKeyInfo
  std::vector<std::string> authorities = {};  // fingerprints of the certificates above it, where chain_valid
  std::vector<std::string> vouched_by = {};  // of a server's named authorities, those that the certificate chains up to
  std::optional<TlsaData> tlsa = {};         // DANE: the record that matched, where records were given
  std::string dane_error = {};               // why none did
};

class Stream {
 public:
  virtual ~Stream() = default;

  /// Reads what is there, at least one byte; 0 at the orderly end of the stream.
  virtual awaitable<std::size_t> read_some(std::span<char> into) = 0;
  /// Writes all of it. The bytes must stay until it returns.
  virtual awaitable<void> write(std::string_view bytes) = 0;
  /// From now, for all operations until the next call.
  virtual void expires_after(std::chrono::milliseconds timeout) = 0;

  virtual awaitable<TlsSession> accept_tls(const TlsServer& server) = 0;
  /// `server_name` is sent as SNI; empty: none.
  virtual awaitable<TlsSession> start_tls(const TlsClient& client, std::string server_name) = 0;

  /// TLS close_notify where there is TLS, bounded by a short deadline of its own; then closed. Never throws.
  virtual awaitable<void> shutdown() = 0;
  virtual void close() noexcept = 0;
  [[nodiscard]] virtual Endpoint peer() const = 0;
  [[nodiscard]] virtual Endpoint local() const = 0;
};

/// Opens connections; a test's dialer opens scripted ones.
class Dialer {
 public:
  virtual ~Dialer() = default;
  virtual awaitable<std::unique_ptr<Stream>> dial(Endpoint to, std::chrono::milliseconds timeout) = 0;
};

}  // namespace postern::net
