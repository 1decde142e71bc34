#include "discovery/web_host.hpp"

#include "mail/tls.hpp"

namespace postern::discovery {

std::string why_not_web_host(const net::TlsSession& session, const std::string& host) {
  if (!session.chain_valid) return "the certificate is not trusted: " + session.chain_error;
  return mail::certificate_names(session.names, host) ? "" : "the certificate is not for " + host;
}

}  // namespace postern::discovery
