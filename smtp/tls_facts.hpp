// Between the words of net/ and those of mail/: what a handshake must know of a requirement, and what it reports.
#pragma once

#include "mail/tls.hpp"
#include "net/stream.hpp"

namespace postern::smtp {

[[nodiscard]] mail::TlsFacts tls_facts(const net::TlsSession& session);
[[nodiscard]] net::TlsDemands tls_demands(const mail::TlsRequirement& requirement);

}  // namespace postern::smtp
