// Whose mail is this? The one parser whose answer decides identity.
//
// Mail whose From is not exactly one field with exactly one plain, parseable mailbox is an error: group syntax,
// several mailboxes, a missing field or a second one, an encoded or malformed address are all ways to show the
// recipient somebody else (EchoSpoofing's relatives). RFC 5322 §3.6.2 allows several mailboxes; we do not relay them.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "mail/address.hpp"
#include "mail/headers.hpp"

namespace postern::mail {

[[nodiscard]] Result<Address> parse_from(const HeaderView& headers);

/// The addr-spec of one mailbox, with or without display name, comments and folding (RFC 5322 §3.4).
[[nodiscard]] Result<Address> parse_mailbox(std::string_view raw);

/// The Message-ID with its angle brackets, or empty where there is none or it is malformed. An operational identifier.
[[nodiscard]] std::string message_id(const HeaderView& headers);

}  // namespace postern::mail
