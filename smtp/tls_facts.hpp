// What net/ reports of a handshake, in the words of mail/.
#pragma once

#include "mail/tls.hpp"
#include "net/stream.hpp"

namespace postern::smtp {

[[nodiscard]] mail::TlsFacts tls_facts(const net::TlsSession& session);

}  // namespace postern::smtp
