// The server's side of SMTP as a table, without sockets: which command is allowed in which state.
//
// clang-format off
//   state       HELO/EHLO  STARTTLS  MAIL  RCPT  DATA  BDAT  RSET NOOP VRFY HELP QUIT
//   connected       ✓         –       –     –     –     –            ✓             nothing was said yet
//   ready           ✓         ✓       ✓     –     –     –            ✓             greeted
//   envelope        ✓         –       –     ✓     –     –            ✓             there is a sender
//   recipients      ✓         –       –     ✓     ✓     ✓            ✓             there is a recipient
//   chunks          ✓         –       –     –     –     ✓            ✓             a BDAT was taken
// clang-format on
//
// A command that is not allowed gets the reply of `refusal`; what an allowed one leads to is `next`.
#pragma once

#include <optional>

#include "mail/reply.hpp"
#include "smtp/command.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

enum class State { connected, ready, envelope, recipients, chunks };

struct Protocol {
  State state = State::connected;
  bool tls = false;
  bool extended = false;  // greeted by EHLO: it has heard what we do
  Starttls starttls = Starttls::off;
};

/// RFC 8689 §2: has the peer been told of REQUIRETLS? Inside TLS only.
[[nodiscard]] bool announces_requiretls(const Protocol& protocol);

/// Nothing where `command` is allowed now, else the reply that refuses it.
[[nodiscard]] std::optional<mail::Reply> refusal(const Protocol& protocol, const Command& command);

/// The state after an allowed command that was answered positively.
[[nodiscard]] State next(State state, const Command& command);

}  // namespace postern::smtp
