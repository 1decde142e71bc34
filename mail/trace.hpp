// The trace header that we add on top of a relayed message (RFC 5321 §4.4). Nothing below it changes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mail/envelope.hpp"
#include "mail/headers.hpp"

namespace postern::mail {

/// One Received field, folded, with its final CRLF. "with" is ESMTP or ESMTPS (RFC 3848); "for" only where there is
/// one recipient, so that no recipient learns of another.
[[nodiscard]] std::string format_received(const Envelope& envelope, std::string_view our_name, Time at);

/// How many Received fields: more than the limit is a loop (RFC 5321 §6.3).
[[nodiscard]] std::size_t count_hops(const HeaderView& headers);
inline constexpr std::size_t max_hops = 50;

}  // namespace postern::mail
