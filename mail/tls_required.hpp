// The TLS-Required field (RFC 8689 §3): the sender's word that this mail needs no protection on its way.
#pragma once

#include "mail/headers.hpp"

namespace postern::mail {

/// One field, and it says "No". Anything else says nothing: a field that is there twice may be an attacker's.
[[nodiscard]] bool says_tls_not_required(const HeaderView& headers);

}  // namespace postern::mail
