// The message on its way out: prefix and body, dot-stuffed for DATA or as they are for BDAT, in big blocks.
//
// The last look before the wire: bytes that another server could read as the end of the message (a bare CR or
// LF, a NUL) and a body of another length than was kept do not go out. They cannot come from a peer; they
// would be our own error.
#pragma once

#include <optional>
#include <string>

#include "mail/lines.hpp"
#include "mail/outbound.hpp"
#include "smtp/client_session.hpp"

namespace postern::smtp {

/// What tells its end: dots (DATA), or a length that was said before (BDAT).
enum class Framing { dots, none };

class OutgoingBody {
 public:
  OutgoingBody(const mail::Outbound& outbound, Body& body, Framing framing)
      : outbound_(outbound), body_(body), framing_(framing) {}

  struct Fault {
    std::string reason;  // ours
    bool permanent;
  };

  /// The prefix alone, first; `next` goes on behind it.
  std::string prefix();
  /// The next block for the wire; empty at the end or at a fault.
  net::awaitable<std::string> next();
  /// After the end: the terminator.
  [[nodiscard]] std::string_view terminator() const { return framing_ == Framing::dots ? stuffer_.end() : ""; }
  /// Why this message must not be ended.
  [[nodiscard]] const std::optional<Fault>& fault() const { return fault_; }

 private:
  void append(std::string_view piece);

  const mail::Outbound& outbound_;
  Body& body_;
  Framing framing_;
  mail::DotStuffer stuffer_;
  mail::LineChecker checker_;
  std::string block_;
  std::string piece_;      // of the body
  std::string_view rest_;  // of it, not used yet
  std::uint64_t octets_ = 0;
  bool begun_ = false, ended_ = false;
  std::optional<Fault> fault_;
};

}  // namespace postern::smtp
