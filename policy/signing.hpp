// Whose name does a message leave under? DKIM says to the recipient: this domain answers for what is written here.
#pragma once

#include <optional>
#include <vector>

#include "mail/envelope.hpp"

namespace postern::policy {

/// Of the domains that its tenant has keys for, the one that signs: that of From, or the nearest above it. Nothing: it
/// leaves as it came. Forwarded mail is never signed, not even where its From shows a domain of the tenant: nobody
/// there wrote it, and the signature would make a stranger's words the tenant's (DMARC would pass).
[[nodiscard]] std::optional<mail::Domain> signing_domain(mail::MailClass mail_class, const mail::Domain& from,
                                                         const std::vector<mail::Domain>& domains);

}  // namespace postern::policy
