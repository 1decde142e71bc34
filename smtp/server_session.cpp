#include "smtp/server_session.hpp"

#include "smtp/body_intake.hpp"
#include "smtp/command.hpp"
#include "smtp/replies.hpp"
#include "smtp/server_states.hpp"
#include "smtp/server_wire.hpp"
#include "smtp/tls_facts.hpp"

namespace postern::smtp {
namespace {

class Session {
 public:
  Session(net::Stream& stream, const ServerOptions& options, Receiver& receiver)
      : options_(options), receiver_(receiver), wire_(stream, options) {
    protocol_.starttls = options.starttls;
    const net::Endpoint from = stream.peer();
    peer_.address = from.address;
    peer_.port = from.port;
    peer_.listener = options.listener;
  }

  net::awaitable<void> run() {
    if (options_.starttls == Starttls::implicit) co_await handshake();
    wire_.restart_clock();
    const mail::Reply first = co_await receiver_.start(peer_);
    wire_.say(first.positive() ? replies::greeting(options_.hostname) : first);
    if (!first.positive()) wire_.close();
    while (wire_.open())
      co_await one_command();
    co_await wire_.flush();
  }

  /// The connection is over: an open transaction ends, once.
  void end() noexcept {
    if (std::exchange(in_transaction_, false)) receiver_.abandon();
  }

 private:
  net::awaitable<void> one_command() {
    const Line line = co_await wire_.command();
    switch (line.kind) {
      case Line::Kind::closed: wire_.close(); co_return;
      case Line::Kind::too_long: error(replies::line_too_long()); co_return;
      case Line::Kind::bare_line_end: error(replies::bare_line_end()); co_return;
      case Line::Kind::good: break;
    }
    const Command command = parse_command(line.text);
    if (const auto refused = refusal(protocol_, command)) {
      co_await refuse(command, *refused);
      co_return;
    }
    if (co_await carry_out(command)) protocol_.state = next(protocol_.state, command);
  }

  net::awaitable<void> refuse(const Command& command, const mail::Reply& reply) {
    if (follows_another(command)) {
      wire_.say(reply);
    } else {
      error(reply);
    }
    const auto* bad = std::get_if<BadCommand>(&command);
    if (bad != nullptr && bad->out_of_step) wire_.close();
    // A chunk's octets follow whatever we think of it.
    const auto* chunk = std::get_if<Bdat>(&command);
    if (chunk == nullptr || !wire_.open()) co_return;
    if (chunk->size > options_.limits.size) {
      wire_.close();
    } else {
      co_await drop_chunk(wire_, chunk->size);
    }
  }

  /// RFC 2920 §3.1: these come in one go with MAIL, and where that is refused so are they. That is no mistake
  /// of the peer.
  static bool follows_another(const Command& command) {
    return std::holds_alternative<RcptTo>(command) || std::holds_alternative<Data>(command) ||
           std::holds_alternative<Bdat>(command);
  }

  void error(const mail::Reply& reply) {
    wire_.say(reply);
    if (++errors_ < options_.limits.errors) return;
    wire_.say(replies::too_many_errors(options_.hostname));
    wire_.close();
  }

  /// True where the command succeeded, so that the state moves on. A plain if-chain: each `co_await` stands
  /// on its own.
  net::awaitable<bool> carry_out(const Command& command) {
    if (const auto* helo = std::get_if<Helo>(&command)) co_return co_await hello(*helo);
    if (const auto* from = std::get_if<MailFrom>(&command)) co_return co_await mail(*from);
    if (const auto* to = std::get_if<RcptTo>(&command)) co_return co_await rcpt(*to);
    if (std::holds_alternative<Data>(command)) co_return co_await data();
    if (const auto* chunk = std::get_if<Bdat>(&command)) co_return co_await bdat(*chunk);
    if (std::holds_alternative<StartTls>(command)) co_return co_await start_tls();
    co_return simple(command);
  }

  bool simple(const Command& command) {
    if (std::holds_alternative<Rset>(command)) {
      reset();
      wire_.say(replies::ok());
    } else if (std::holds_alternative<Noop>(command)) {
      wire_.say(replies::ok());
    } else if (std::holds_alternative<Vrfy>(command)) {
      wire_.say(replies::cannot_verify());
    } else if (std::holds_alternative<Help>(command)) {
      wire_.say(replies::help());
    } else {
      wire_.say(replies::bye());
      wire_.close();
    }
    return true;
  }

  void reset() {
    end();
    wire_.message_ends();
    chunks_.reset();
    recipients_ = 0;
  }

  net::awaitable<bool> hello(const Helo& helo) {
    reset();
    peer_.helo = helo.name;
    peer_.esmtp = protocol_.extended = helo.extended;
    const mail::Reply started = co_await receiver_.start(peer_);
    if (!started.positive()) {
      wire_.say(started);
      wire_.close();
      co_return false;
    }
    wire_.say(helo.extended ? extensions() : replies::hello(options_.hostname));
    co_return true;
  }

  [[nodiscard]] mail::Reply extensions() const {
    mail::Reply reply = replies::hello(options_.hostname);
    reply.text += "\nPIPELINING\nSIZE " + std::to_string(options_.limits.size) +
                  "\n8BITMIME\nENHANCEDSTATUSCODES\nCHUNKING\nDSN\nSMTPUTF8";
    if (options_.announce_limits) reply.text += "\nLIMITS RCPTMAX=" + std::to_string(options_.limits.recipients);
    if (options_.starttls != Starttls::off && !protocol_.tls) reply.text += "\nSTARTTLS";
    if (announces_requiretls(protocol_)) reply.text += "\nREQUIRETLS";
    return reply;
  }

  net::awaitable<bool> start_tls() {
    // Whatever came in the clear behind the command would be taken as said inside TLS (CVE-2011-0411).
    if (wire_.sent_ahead()) {
      wire_.say(replies::data_after_starttls());
      wire_.close();
      co_return false;
    }
    wire_.say(replies::ready_for_tls());
    co_await wire_.flush();
    co_await handshake();
    reset();
    peer_.helo.clear();
    protocol_.extended = false;
    const mail::Reply started = co_await receiver_.start(peer_);
    if (!started.positive()) {
      wire_.say(started);
      wire_.close();
    }
    co_return true;
  }

  net::awaitable<void> handshake() {
    const net::TlsSession session = co_await wire_.accept_tls(*options_.tls);
    peer_.tls = tls_facts(session);
    protocol_.tls = true;
  }

  net::awaitable<bool> mail(const MailFrom& command) {
    if (command.parameters.size > options_.limits.size) {
      wire_.say(replies::too_large());
      co_return false;
    }
    const mail::Reply reply = co_await receiver_.mail(command.from, command.parameters);
    wire_.say(reply);
    in_transaction_ = reply.positive();
    utf8_ = command.parameters.utf8;
    co_return reply.positive();
  }

  net::awaitable<bool> rcpt(const RcptTo& command) {
    if (recipients_ >= options_.limits.recipients) {
      wire_.say(replies::too_many_recipients());
      co_return false;
    }
    if (!command.to.is_ascii() && !utf8_) {
      wire_.say(replies::needs_smtputf8());
      co_return false;
    }
    const mail::Reply reply = co_await receiver_.rcpt(command.to, command.parameters);
    wire_.say(reply);
    if (reply.positive()) ++recipients_;
    co_return reply.positive();
  }

  net::awaitable<bool> data() {
    const mail::Reply begun = co_await receiver_.body_begins();
    if (!begun.positive()) {
      wire_.say(begun);
      co_return false;
    }
    wire_.say(replies::go_ahead());
    co_await wire_.flush();
    wire_.message_begins();
    BodyGate gate(receiver_, options_.limits, in_transaction_);
    co_await read_data(wire_, options_.limits.body_line, gate);
    co_await answer(gate, {});
    co_return true;
  }

  net::awaitable<bool> bdat(const Bdat& chunk) {
    if (chunk.size > options_.limits.size) {
      wire_.say(replies::too_large());  // not worth reading to its end
      wire_.close();
      co_return false;
    }
    if (!chunks_) co_await begin_chunks();
    BodyGate& gate = chunks_->gate();
    co_await chunks_->read(wire_, chunk.size, chunk.last);
    if (!chunk.last) {
      wire_.say(gate.refused().value_or(replies::chunk_received(chunk.size)));
      co_return true;
    }
    co_await answer(gate, chunks_->notes());
    chunks_.reset();
    co_return true;
  }

  net::awaitable<void> begin_chunks() {
    wire_.message_begins();
    chunks_.emplace(options_, BodyGate(receiver_, options_.limits, in_transaction_));
    const mail::Reply begun = co_await receiver_.body_begins();
    if (!begun.positive()) chunks_->gate().refuse(begun);
  }

  /// The whole body came: the receiver's word, or why it never got that far.
  net::awaitable<void> answer(BodyGate& gate, BodyNotes notes) {
    wire_.message_ends();
    recipients_ = 0;
    if (gate.refused()) {
      wire_.say(*gate.refused());
      co_return;
    }
    in_transaction_ = false;  // body_ends ends it, whatever it answers
    // Keeping it may take longer than a command's patience, and ends by itself.
    wire_.restart_clock();
    const mail::Reply reply = co_await receiver_.body_ends(notes);
    wire_.say(reply);
  }

  const ServerOptions& options_;
  Receiver& receiver_;
  ServerWire wire_;
  Protocol protocol_;
  mail::Peer peer_;
  std::optional<Chunks> chunks_;
  std::size_t recipients_ = 0, errors_ = 0;
  bool in_transaction_ = false;
  bool utf8_ = false;  // this transaction asked for SMTPUTF8
};

net::awaitable<void> say_goodbye(net::Stream& stream, const std::string& host) {
  const std::string line = mail::format_reply(replies::timed_out(host));
  try {
    stream.expires_after(std::chrono::seconds(5));
    co_await stream.write(line);
  } catch (const net::Broken&) {  // it is gone anyway
  }
}

}  // namespace

net::awaitable<void> serve(net::Stream& stream, const ServerOptions& options, Receiver& receiver) {
  Session session(stream, options, receiver);
  bool waited_too_long = false;
  try {
    co_await session.run();
  } catch (const net::TimedOut&) {
    waited_too_long = true;
  } catch (const net::Broken&) {  // nothing to say and nobody to say it to
  } catch (...) {
    session.end();
    throw;
  }
  session.end();
  if (waited_too_long) co_await say_goodbye(stream, options.hostname);
  co_await stream.shutdown();
}

}  // namespace postern::smtp
