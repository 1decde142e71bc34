// The OpenSSL side of tls.hpp, for net/ alone.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "net/stream.hpp"
#include "net/tls.hpp"

namespace postern::net {

class TlsServerContext final : public TlsServer {
 public:
  mutable boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
};

class TlsClientContext final : public TlsClient {
 public:
  mutable boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
};

/// What a finished handshake is, read from the connection.
[[nodiscard]] TlsSession describe(SSL* ssl);

/// The host spoke TLS and said no, or spoke no TLS at all; otherwise the connection merely broke.
[[nodiscard]] bool is_incapable(const boost::system::error_code& error);

}  // namespace postern::net
