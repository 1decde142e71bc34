// The message on its way out: prefix and body, dot-stuffed, in big blocks.
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

class OutgoingBody {
 public:
  OutgoingBody(const mail::Outbound& outbound, Body& body) : outbound_(outbound), body_(body) {}

  struct Fault {
    std::string reason;  // ours
    bool permanent;
  };

  /// The next block for the wire, stuffed; empty at the end or at a fault.
  net::awaitable<std::string> next();
  /// After the end: the terminator.
  [[nodiscard]] std::string_view terminator() const { return stuffer_.end(); }
  /// Why this message must not be ended.
  [[nodiscard]] const std::optional<Fault>& fault() const { return fault_; }

 private:
  void append(std::string_view piece);

  const mail::Outbound& outbound_;
  Body& body_;
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
