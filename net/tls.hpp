// TLS contexts: made once from files, shared by connections, immutable. OpenSSL stays behind this header.
#pragma once

#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::net {

struct TlsServerOptions {
  std::string certificate_pem;  // chain, leaf first
  Secret key_pem;
  bool request_client_certificate = false;
  std::string client_ca_pem;  // empty: the system's roots
};

class TlsServer {
 public:
  /// TLS 1.2 at least; cipher suites and groups of NIST SP 800-52r2 (forward secrecy, AEAD first). No renegotiation.
  [[nodiscard]] static Result<std::shared_ptr<const TlsServer>> make(const TlsServerOptions& options);
  virtual ~TlsServer() = default;
};

struct TlsClientOptions {
  std::string ca_pem;  // added to the system's roots; or instead of them:
  bool system_roots = true;
  std::string certificate_pem;  // ours, where a relay wants one
  Secret key_pem;
};

class TlsClient {
 public:
  /// TLS 1.2 at least. The chain is checked and reported in TlsSession, never enforced here: `meets` decides.
  [[nodiscard]] static Result<std::shared_ptr<const TlsClient>> make(const TlsClientOptions& options);
  virtual ~TlsClient() = default;

  /// The same client, whose connections resume sessions of earlier ones that were made `for_what`: all on which a
  /// judgement of the session depends belongs into it. Null: nothing is resumed.
  [[nodiscard]] virtual std::shared_ptr<const TlsClient> resuming(std::string for_what) const {
    (void)for_what;
    return nullptr;
  }
  /// Of a resuming one: its sessions are not to be resumed, the next handshake is a whole one.
  virtual void forget_sessions() const {}
};

}  // namespace postern::net
