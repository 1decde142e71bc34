// TLS contexts: made once from files, shared by connections, immutable. OpenSSL stays behind this header.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::net {

/// Authorities beside those that clients' chains are judged by; see TlsSession::vouched_by.
struct NamedAuthority {
  std::string name, pem;
};

struct TlsServerOptions {
  std::string certificate_pem;  // chain, leaf first
  Secret key_pem;
  bool request_client_certificate = false;
  std::string client_ca_pem;  // empty: the system's roots
  std::vector<NamedAuthority> named_authorities = {};
  bool aead_only = false;  // no CBC suites of TLS 1.2: some mail servers have nothing better, every browser has
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

/// A TLSA record (RFC 6698): numbers and octets.
struct TlsaData {
  std::uint8_t usage = 0, selector = 0, matching = 0;
  std::string data;
  bool operator==(const TlsaData&) const = default;
};
/// Does OpenSSL take it, whole certificates and keys read?
[[nodiscard]] bool reads_tlsa(const TlsaData& record);

/// What one connection is for, where the handshake itself must know.
struct TlsDemands {
  std::vector<TlsaData> tlsa;           // DANE: match the certificate against these (RFC 7671); empty: no DANE
  std::string tlsa_base;                // the TLSA base domain: SNI and first name
  std::vector<std::string> tlsa_names;  // further names for DANE-TA(2)
  std::vector<std::string> groups;      // offer these and no others; empty: ours
};
/// Key-exchange groups that connections offer, OpenSSL's names: with "X25519MLKEM768" where the linked OpenSSL has it.
[[nodiscard]] const std::vector<std::string>& offered_groups();

class TlsClient {
 public:
  /// TLS 1.2 at least. The chain is checked and reported in TlsSession, never enforced here: `meets` decides.
  [[nodiscard]] static Result<std::shared_ptr<const TlsClient>> make(const TlsClientOptions& options);
  virtual ~TlsClient() = default;

  /// The same client, for connections that demand this. What DANE matched is reported in TlsSession, never enforced
  /// here; nothing is resumed, since a session would not say which record it matched. Null: it cannot.
  [[nodiscard]] virtual std::shared_ptr<const TlsClient> demanding(TlsDemands demands) const {
    (void)demands;
    return nullptr;
  }
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
