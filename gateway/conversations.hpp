// Conversations that cross the portal. Somebody outside who answers there has an address of the tenant's portal.domain
// that leads back to them, so that nobody's server is told mail in their own name (crypto/token_address.hpp):
//
//   the portal's visitor writes      From: "bob@lab.example via Riverside Clinic" <r+…@secure.clinic.example>
//   the tenant's person answers      RCPT TO:<r+…@secure.clinic.example>  →  bob@lab.example, protected
//   a notice cannot be delivered     to b+…@secure.clinic.example, its envelope sender
//   a passphrase cannot be told      to p+…@secure.clinic.example, likewise
//
// What belongs to such a conversation is protected, whatever the rules find in it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/token_address.hpp"
#include "gateway/services.hpp"
#include "mail/envelope.hpp"
#include "mail/verdict.hpp"

namespace postern::gateway {

/// Stands where others have the name of their listener: what was written in the portal.
inline constexpr std::string_view reply_listener = "portal-reply";

/// Nothing: the tenant has no portal.domain.
[[nodiscard]] std::optional<mail::Address> conversation_address(const Services& services, crypto::TokenUse use,
                                                                const spool::PickupRecord& pickup);

/// Is what is written to it a return of mail of ours?
[[nodiscard]] bool is_for_returns(crypto::TokenUse use);

/// Is it a portal.domain of some tenant?
[[nodiscard]] bool is_conversation_domain(const Config& config, const mail::Domain& domain);

struct Conversation {
  crypto::TokenUse use;
  std::string lookup;  // of the pick-up
};
/// Nothing: the address is none that we have made.
[[nodiscard]] std::optional<Conversation> conversation_of(const Services& services, const mail::Address& address);

/// Who is written to by an address of a conversation has that as their original recipient (RFC 3461 §4.2), for the
/// sender's server knows no other.
[[nodiscard]] std::string original_recipient(const mail::Address& address);

/// What was written in the portal, and what goes to somebody by such an address: at least protected. Where rules
/// refuse what came from the portal it is held, for its writer has left and was told that it was sent.
void protect_conversations(const Config& config, const mail::Envelope& envelope, std::vector<mail::Verdict>& verdicts);

}  // namespace postern::gateway
