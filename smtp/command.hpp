// One command line, parsed (RFC 5321 §4.1). Knows no state: what a command means now is server_states.hpp's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/reply.hpp"

namespace postern::smtp {

struct Helo {
  std::string name;  // cleaned: what it may print
  bool extended = false;
};
struct MailFrom {
  mail::ReversePath from;
  mail::MailParameters parameters;
};
struct RcptTo {
  mail::Address to;
  mail::RecipientParameters parameters;
};
struct Data {};
struct Bdat {
  std::uint64_t size = 0;
  bool last = false;
};
struct StartTls {};
struct Rset {};
struct Noop {};
struct Quit {};
struct Vrfy {};
struct Help {};

/// A line that is no good, with the reply that says so.
struct BadCommand {
  mail::Reply reply;
  bool out_of_step = false;  // what follows it cannot be told from commands: the session cannot go on
};

using Command = std::variant<Helo, MailFrom, RcptTo, Data, Bdat, StartTls, Rset, Noop, Quit, Vrfy, Help, BadCommand>;

/// `line` without its CRLF.
[[nodiscard]] Command parse_command(std::string_view line);

}  // namespace postern::smtp
