#include "discovery/web_host.hpp"

#include <algorithm>

#include "mail/tls.hpp"

namespace postern::discovery {

std::string why_not_web_host(const net::TlsSession& session, const std::string& host) {
  if (!session.chain_valid) return "the certificate is not trusted: " + session.chain_error;
  const auto names_it = [&](const std::string& name) { return mail::certificate_name_matches(name, host); };
  return std::ranges::any_of(session.names, names_it) ? "" : "the certificate is not for " + host;
}

}  // namespace postern::discovery
