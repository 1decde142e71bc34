#include "smtp/server_states.hpp"

#include "smtp/replies.hpp"

namespace postern::smtp {
namespace {

using Refusal = std::optional<mail::Reply>;

struct Allowed {
  const Protocol& now;

  Refusal operator()(const Helo&) const { return {}; }
  Refusal operator()(const Rset&) const { return {}; }
  Refusal operator()(const Noop&) const { return {}; }
  Refusal operator()(const Quit&) const { return {}; }
  Refusal operator()(const Vrfy&) const { return {}; }
  Refusal operator()(const Help&) const { return {}; }
  Refusal operator()(const BadCommand& bad) const { return bad.reply; }

  Refusal operator()(const StartTls&) const {
    if (now.starttls == Starttls::off) return replies::not_implemented();
    if (now.tls) return replies::tls_already();
    if (now.state == State::connected) return replies::out_of_order("Say EHLO first");
    if (now.state != State::ready) return replies::out_of_order("Not inside a mail transaction");
    return {};
  }
  Refusal operator()(const MailFrom& from) const {
    if (now.state == State::connected) return replies::out_of_order("Say EHLO first");
    if (now.starttls == Starttls::required && !now.tls) return replies::tls_first();
    if (now.state != State::ready) return replies::out_of_order("A sender was given already");
    // RFC 8689 §2: announced inside TLS alone; RFC 5321 §4.1.1.11: what was not announced is not known.
    if (from.parameters.requiretls && !announces_requiretls(now)) return replies::unknown_parameter();
    return {};
  }
  Refusal operator()(const RcptTo&) const {
    if (now.state == State::envelope || now.state == State::recipients) return {};
    return replies::out_of_order(now.state == State::chunks ? "The message has begun already" : "Give MAIL first");
  }
  Refusal operator()(const Data&) const {
    if (now.state == State::recipients) return {};
    if (now.state == State::chunks) return replies::mixed_transfer();
    return now.state == State::envelope ? replies::no_recipients() : replies::out_of_order("Give MAIL first");
  }
  Refusal operator()(const Bdat&) const {
    if (now.state == State::recipients || now.state == State::chunks) return {};
    return now.state == State::envelope ? replies::no_recipients() : replies::out_of_order("Give MAIL first");
  }
};

struct After {
  State now;

  State operator()(const Helo&) const { return State::ready; }
  State operator()(const StartTls&) const { return State::connected; }  // RFC 3207 §4.2: all is forgotten
  State operator()(const MailFrom&) const { return State::envelope; }
  State operator()(const RcptTo&) const { return State::recipients; }
  State operator()(const Data&) const { return State::ready; }
  State operator()(const Bdat& chunk) const { return chunk.last ? State::ready : State::chunks; }
  State operator()(const Rset&) const { return now == State::connected ? now : State::ready; }
  State operator()(const Noop&) const { return now; }
  State operator()(const Quit&) const { return now; }
  State operator()(const Vrfy&) const { return now; }
  State operator()(const Help&) const { return now; }
  State operator()(const BadCommand&) const { return now; }
};

}  // namespace

bool announces_requiretls(const Protocol& protocol) {
  return protocol.tls && protocol.extended;
}

std::optional<mail::Reply> refusal(const Protocol& protocol, const Command& command) {
  return std::visit(Allowed{protocol}, command);
}

State next(State state, const Command& command) {
  return std::visit(After{state}, command);
}

}  // namespace postern::smtp
