// Whose name does a message leave under? A signature says to the recipient: this domain, or this sender, answers for
// what is written here.
#pragma once

#include <optional>
#include <vector>

#include "mail/envelope.hpp"

namespace postern::policy {

/// Whether any key of the tenant or of its users may sign it, by DKIM, S/MIME or OpenPGP. Forwarded mail never, not
/// even where its From shows a domain of the tenant: nobody there wrote it, and the signature would make a stranger's
/// words the tenant's (DMARC would pass). Nor mail of which a monitored condition failed: a stranger may have sent it.
[[nodiscard]] bool may_be_signed(const mail::Proven& origin);

/// Of the domains that its tenant has keys for, the one that signs: that of From, or the nearest above it. Nothing: it
/// leaves as it came.
[[nodiscard]] std::optional<mail::Domain> signing_domain(const mail::Proven& origin, const mail::Domain& from,
                                                         const std::vector<mail::Domain>& domains);

}  // namespace postern::policy
