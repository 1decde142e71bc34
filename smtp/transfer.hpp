// One message over a session that may carry it: MAIL, RCPT, DATA. Every failure here is a recipient's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "smtp/client_session.hpp"
#include "smtp/conversation.hpp"
#include "smtp/extensions.hpp"
#include "smtp/outgoing_body.hpp"
#include "smtp/recipient_outcomes.hpp"

namespace postern::smtp {

class Transfer {
 public:
  Transfer(Conversation& talk, const ClientTimeouts& timeouts, const mail::Outbound& outbound, Body& body,
           BeforeFinalDot before_final_dot, const Extensions& extensions, const mail::TlsFacts& tls)
      : talk_(talk),
        timeouts_(timeouts),
        outbound_(outbound),
        body_(outbound, body),
        before_final_dot_(std::move(before_final_dot)),
        extensions_(extensions),
        tls_(tls),
        outcomes_(outbound.to().size()) {}

  /// Throws net::Broken.
  net::awaitable<void> run();
  /// The connection broke: decides for all whose fate is open. `reply`: its last word, a 421.
  void broke(const std::string& reason, std::optional<mail::PeerReply> reply);
  /// It was asked to take the message, and did not say yes to MAIL.
  [[nodiscard]] bool turned_away() const { return asked_ && !sender_taken_; }
  /// What the conversation is left with after `run`.
  enum class Left { nothing, transaction, doubt };
  [[nodiscard]] Left left() const { return left_; }
  /// After `run` or `broke`.
  [[nodiscard]] std::vector<mail::Outcome> take_outcomes() { return outcomes_.take(); }

 private:
  net::awaitable<void> envelope();
  net::awaitable<void> plain_envelope();
  net::awaitable<void> pipelined_envelope();
  net::awaitable<bool> sender_answered();
  net::awaitable<void> recipient_answered(std::size_t i);
  net::awaitable<void> content();
  net::awaitable<std::string> send_all_but_last();
  void message_answered(const mail::PeerReply& reply);

  [[nodiscard]] std::uint64_t total_size() const { return outbound_.prefix().size() + outbound_.body_size(); }
  [[nodiscard]] std::string mail_command() const;
  [[nodiscard]] std::string rcpt_command(std::size_t i) const;
  [[nodiscard]] mail::Outcome deferred(std::string reason, std::optional<mail::PeerReply> reply) const;
  [[nodiscard]] mail::Outcome failed(mail::StatusCode status, std::string reason,
                                     std::optional<mail::PeerReply> reply) const;
  [[nodiscard]] mail::Outcome refused(const std::string& reason, const mail::PeerReply& reply) const;

  Conversation& talk_;
  const ClientTimeouts& timeouts_;
  const mail::Outbound& outbound_;
  OutgoingBody body_;
  BeforeFinalDot before_final_dot_;
  const Extensions& extensions_;
  const mail::TlsFacts& tls_;
  mail::Stage stage_ = mail::Stage::mail;
  RecipientOutcomes outcomes_;
  bool dot_sent_ = false, asked_ = false, sender_taken_ = false;
  Left left_ = Left::nothing;
};

}  // namespace postern::smtp
