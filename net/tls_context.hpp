// The OpenSSL side of tls.hpp, for net/ alone.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <boost/asio/ssl/context.hpp>

#include "net/client_authorities.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"
#include "net/tls_sessions.hpp"

namespace postern::net {

class TlsServerContext final : public TlsServer {
 public:
  mutable boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
  ClientAuthorities named_authorities;
};

class TlsClientContext final : public TlsClient {
 public:
  struct Shared {
    TlsSessions sessions;
    boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
  };
  explicit TlsClientContext(std::shared_ptr<Shared> s, std::string p = {}, TlsDemands d = {})
      : shared(std::move(s)), purpose(std::move(p)), demands(std::move(d)) {}

  std::shared_ptr<const TlsClient> demanding(TlsDemands what) const override {
    return std::make_shared<TlsClientContext>(shared, purpose, std::move(what));
  }

  std::shared_ptr<const TlsClient> resuming(std::string for_what) const override {
    return std::make_shared<TlsClientContext>(shared, std::move(for_what), demands);
  }
  void forget_sessions() const override { shared->sessions.forget(purpose); }
  /// Before the handshake: offers a session where there is one (then true), and keeps those that the host gives. Throws
  /// TlsFailed where a demand cannot be made.
  bool prepare(SSL* ssl) const;

  std::shared_ptr<Shared> shared;
  std::string purpose;  // empty: neither
  TlsDemands demands;
};

/// What a finished handshake is, read from the connection. `by_dane`: it was given TLSA records.
[[nodiscard]] TlsSession describe(SSL* ssl, bool by_dane);

/// The host spoke TLS and said no, or spoke no TLS at all; otherwise the connection merely broke.
[[nodiscard]] bool is_incapable(const boost::system::error_code& error);

}  // namespace postern::net
