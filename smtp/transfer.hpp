// One message over a session that may carry it: MAIL, RCPT, and DATA or BDAT. Every failure here is a recipient's.
//
// BDAT (RFC 3030): a host that offers CHUNKING and does not know BDAT, or refuses a chunk without reading it, takes
// what follows for commands – and what follows is the sender's to choose. So the envelope is accepted before any chunk
// is sent, and the first chunk of a session holds nothing but our own trace header. Once that was taken, the body goes
// as one chunk, the last, and later messages of the session as one chunk altogether.
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
  /// unproven: the host has taken no chunk yet.   unknown: it does not know BDAT, although it offered it.
  enum class Bdat { avoid, unproven, proven, unknown };

  Transfer(Conversation& talk, const ClientTimeouts& timeouts, const mail::Outbound& outbound, Body& body,
           BeforeFinalDot before_final_dot, const Extensions& extensions, const mail::TlsFacts& tls, Bdat bdat)
      : talk_(talk),
        timeouts_(timeouts),
        outbound_(outbound),
        bdat_(bdat == Bdat::unproven && outbound.prefix().empty() ? Bdat::avoid : bdat),
        body_(outbound, body, bdat_ == Bdat::avoid ? Framing::dots : Framing::none),
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
  enum class Left { nothing, transaction, doubt, noise };
  [[nodiscard]] Left left() const { return left_; }
  /// What is known of BDAT by now.
  [[nodiscard]] Bdat bdat() const { return bdat_; }
  /// After `run` or `broke`.
  [[nodiscard]] std::vector<mail::Outcome> take_outcomes() { return outcomes_.take(); }

 private:
  net::awaitable<void> envelope();
  net::awaitable<void> plain_envelope();
  net::awaitable<void> pipelined_envelope();
  net::awaitable<bool> sender_answered();
  net::awaitable<void> recipient_answered(std::size_t i);
  net::awaitable<void> content();
  net::awaitable<bool> data_taken();
  net::awaitable<bool> chunk_taken();
  net::awaitable<std::string> send_all_but_last(std::string held);
  void stop_at_fault();
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
  Bdat bdat_;
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
