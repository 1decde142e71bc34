// The parameters of MAIL FROM and RCPT TO, those of the extensions that we announce: each once, and no others.
#pragma once

#include <optional>
#include <string_view>

#include "mail/envelope.hpp"
#include "mail/reply.hpp"

namespace postern::smtp {

/// "SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x". Nothing where all is well, else why not.
[[nodiscard]] std::optional<mail::Reply> parse_parameters(std::string_view text, mail::MailParameters& into);
/// "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;bob@lab.example"
[[nodiscard]] std::optional<mail::Reply> parse_parameters(std::string_view text, mail::RecipientParameters& into);

/// What of it a host that does DSN is told in turn (RFC 3461 §5.2.1); with a leading blank, or empty.
[[nodiscard]] std::string format_dsn_parameters(const mail::MailParameters& parameters);
[[nodiscard]] std::string format_dsn_parameters(const mail::RecipientParameters& parameters);

/// 1 to 20 digits (RFC 1870 §3, RFC 3030 §2); what is greater than a number can be is the greatest.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace postern::smtp
