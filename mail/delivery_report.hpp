// What a delivery status notification that came to us says (RFC 3464): of each recipient what became of it. None of its
// texts is kept: codes alone.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "mail/dsn.hpp"
#include "mail/reply.hpp"

namespace postern::mail {

struct ReportedRecipient {
  DsnAction action = DsnAction::failed;  // delivered and expanded count as relayed: it has left
  StatusCode status;
};

/// Of a whole message, CRLF lines. Nothing where it is no multipart/report of delivery status, or that cannot be read.
[[nodiscard]] std::optional<std::vector<ReportedRecipient>> parse_delivery_report(std::string_view message);

}  // namespace postern::mail
