#include "smtp/server_session.hpp"

#include "smtp/bdat_decoder.hpp"
#include "smtp/body_gate.hpp"
#include "smtp/command.hpp"
#include "smtp/data_decoder.hpp"
#include "smtp/input.hpp"
#include "smtp/replies.hpp"
#include "smtp/server_states.hpp"
#include "smtp/tls_facts.hpp"

namespace postern::smtp {
namespace {

/// A message that comes in chunks, between its first BDAT and its last.
struct Chunks {
  BdatDecoder decoder;
  BodyGate gate;
};

class Session {
 public:
  Session(net::Stream& stream, const ServerOptions& options, Receiver& receiver)
      : stream_(stream), options_(options), receiver_(receiver), input_(stream, options.limits.command_line) {
    protocol_.starttls = options.starttls;
    const net::Endpoint from = stream.peer();
    peer_.address = from.address;
    peer_.port = from.port;
    peer_.listener = options.listener;
  }

  net::awaitable<void> run() {
    if (options_.starttls == Starttls::implicit) co_await handshake();
    stream_.expires_after(options_.timeouts.command);
    const mail::Reply first = co_await receiver_.start(peer_);
    say(first.positive() ? replies::greeting(options_.hostname) : first);
    open_ = first.positive();
    while (open_)
      co_await one_command();
    co_await flush();
  }

  /// The connection is over: an open transaction ends, once.
  void end() noexcept {
    if (std::exchange(in_transaction_, false)) receiver_.abandon();
  }

 private:
  void say(const mail::Reply& reply) { out_ += mail::format_reply(reply); }

  /// RFC 2920 §3.2: replies are gathered while commands wait in the buffer.
  net::awaitable<void> flush() {
    if (out_.empty()) co_return;
    const std::string bytes = std::exchange(out_, {});
    co_await stream_.write(bytes);
  }

  net::awaitable<void> one_command() {
    stream_.expires_after(options_.timeouts.command);
    if (!input_.has_line()) co_await flush();
    const Line line = co_await input_.line();
    switch (line.kind) {
      case Line::Kind::closed: open_ = false; co_return;
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
      say(reply);
    } else {
      error(reply);
    }
    const auto* bad = std::get_if<BadCommand>(&command);
    if (bad != nullptr && bad->out_of_step) open_ = false;
    // A chunk's octets follow whatever we think of it.
    const auto* chunk = std::get_if<Bdat>(&command);
    if (chunk != nullptr && open_) co_await drop(chunk->size);
  }

  /// RFC 2920 §3.1: these come in one go with MAIL, and where that is refused so are they. That is no mistake
  /// of the peer.
  static bool follows_another(const Command& command) {
    return std::holds_alternative<RcptTo>(command) || std::holds_alternative<Data>(command) ||
           std::holds_alternative<Bdat>(command);
  }

  void error(const mail::Reply& reply) {
    say(reply);
    if (++errors_ < options_.limits.errors) return;
    say(replies::too_many_errors(options_.hostname));
    open_ = false;
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
      say(replies::ok());
    } else if (std::holds_alternative<Noop>(command)) {
      say(replies::ok());
    } else if (std::holds_alternative<Vrfy>(command)) {
      say(replies::cannot_verify());
    } else if (std::holds_alternative<Help>(command)) {
      say(replies::help());
    } else {
      say(replies::bye());
      open_ = false;
    }
    return true;
  }

  void reset() {
    end();
    chunks_.reset();
    recipients_ = 0;
  }

  net::awaitable<bool> hello(const Helo& helo) {
    reset();
    peer_.helo = helo.name;
    peer_.esmtp = helo.extended;
    const mail::Reply started = co_await receiver_.start(peer_);
    if (!started.positive()) {
      say(started);
      open_ = false;
      co_return false;
    }
    say(helo.extended ? extensions() : replies::hello(options_.hostname));
    co_return true;
  }

  [[nodiscard]] mail::Reply extensions() const {
    mail::Reply reply = replies::hello(options_.hostname);
    reply.text += "\nPIPELINING\nSIZE " + std::to_string(options_.limits.size) +
                  "\n8BITMIME\nENHANCEDSTATUSCODES\nCHUNKING\nDSN\nSMTPUTF8";
    if (options_.announce_limits) reply.text += "\nLIMITS RCPTMAX=" + std::to_string(options_.limits.recipients);
    if (options_.starttls != Starttls::off && !protocol_.tls) reply.text += "\nSTARTTLS";
    return reply;
  }

  net::awaitable<bool> start_tls() {
    // Whatever came in the clear behind the command would be taken as said inside TLS (CVE-2011-0411).
    if (!input_.buffered().empty()) {
      say(replies::data_after_starttls());
      open_ = false;
      co_return false;
    }
    say(replies::ready_for_tls());
    co_await flush();
    co_await handshake();
    reset();
    peer_.helo.clear();
    const mail::Reply started = co_await receiver_.start(peer_);
    if (!started.positive()) {
      say(started);
      open_ = false;
    }
    co_return true;
  }

  net::awaitable<void> handshake() {
    stream_.expires_after(options_.timeouts.handshake);
    peer_.tls = tls_facts(co_await stream_.accept_tls(*options_.tls));
    protocol_.tls = true;
  }

  net::awaitable<bool> mail(const MailFrom& command) {
    if (command.parameters.size > options_.limits.size) {
      say(replies::too_large());
      co_return false;
    }
    const mail::Reply reply = co_await receiver_.mail(command.from, command.parameters);
    say(reply);
    in_transaction_ = reply.positive();
    utf8_ = command.parameters.utf8;
    co_return reply.positive();
  }

  net::awaitable<bool> rcpt(const RcptTo& command) {
    if (recipients_ >= options_.limits.recipients) {
      say(replies::too_many_recipients());
      co_return false;
    }
    if (!command.to.is_ascii() && !utf8_) {
      say(replies::needs_smtputf8());
      co_return false;
    }
    const mail::Reply reply = co_await receiver_.rcpt(command.to, command.parameters);
    say(reply);
    if (reply.positive()) ++recipients_;
    co_return reply.positive();
  }

  net::awaitable<bool> data() {
    const mail::Reply begun = co_await receiver_.body_begins();
    if (!begun.positive()) {
      say(begun);
      co_return false;
    }
    say(replies::go_ahead());
    co_await flush();

    BodyGate gate(receiver_, options_.limits, in_transaction_);
    DataDecoder decoder(options_.limits.body_line);
    std::vector<std::string_view> pieces;
    while (!decoder.ended() && open_) {
      if (input_.buffered().empty()) co_await fill_body();
      pieces.clear();
      const std::size_t used = decoder.feed(input_.buffered(), pieces);
      co_await gate.pass(pieces);
      came(gate, used);
    }
    if (decoder.fault() != mail::LineFault::none) gate.refuse(replies::bad_lines(decoder.fault()));
    co_await answer(gate, {});
    co_return true;
  }

  net::awaitable<bool> bdat(const Bdat& chunk) {
    if (chunk.size > options_.limits.size) {
      say(replies::too_large());  // not worth reading to its end
      open_ = false;
      co_return false;
    }
    if (!chunks_) co_await begin_chunks();
    co_await read_chunk(chunk.size);
    if (chunk.last) {
      std::vector<std::string_view> pieces;
      chunks_->decoder.finish(pieces);
      co_await chunks_->gate.pass(pieces);
    }
    if (chunks_->decoder.fault() != mail::LineFault::none) {
      chunks_->gate.refuse(replies::bad_lines(chunks_->decoder.fault()));
    }
    if (!chunk.last) {
      say(chunks_->gate.refused().value_or(replies::chunk_received(chunk.size)));
      co_return true;
    }
    const BodyNotes notes{true, chunks_->decoder.bare_lf_mended(), chunks_->decoder.final_line_ended()};
    co_await answer(chunks_->gate, notes);
    chunks_.reset();
    co_return true;
  }

  net::awaitable<void> begin_chunks() {
    chunks_.emplace(BdatDecoder(options_.bdat_bare_lf, options_.limits.body_line),
                    BodyGate(receiver_, options_.limits, in_transaction_));
    const mail::Reply begun = co_await receiver_.body_begins();
    if (!begun.positive()) chunks_->gate.refuse(begun);
  }

  net::awaitable<void> read_chunk(std::uint64_t left) {
    std::vector<std::string_view> pieces;
    while (left > 0 && open_) {
      if (input_.buffered().empty()) co_await fill_body();
      const std::string_view block = input_.buffered().substr(0, left);
      pieces.clear();
      chunks_->decoder.feed(block, pieces);
      co_await chunks_->gate.pass(pieces);
      left -= block.size();
      came(chunks_->gate, block.size());
    }
  }

  void came(BodyGate& gate, std::size_t octets) {
    input_.consume(octets);
    gate.came(octets);
    if (gate.endless()) open_ = false;
  }

  net::awaitable<void> drop(std::uint64_t left) {
    if (left > options_.limits.size) {
      open_ = false;
      co_return;
    }
    while (left > 0) {
      if (input_.buffered().empty()) co_await fill_body();
      const std::size_t used = std::min<std::uint64_t>(left, input_.buffered().size());
      input_.consume(used);
      left -= used;
    }
  }

  net::awaitable<void> fill_body() {
    co_await flush();
    stream_.expires_after(options_.timeouts.data_block);
    if (!co_await input_.fill_block()) throw net::Broken("the peer closed inside a message");
  }

  /// The whole body came: the receiver's word, or why it never got that far.
  net::awaitable<void> answer(BodyGate& gate, BodyNotes notes) {
    recipients_ = 0;
    if (gate.refused()) {
      say(*gate.refused());
      co_return;
    }
    in_transaction_ = false;  // body_ends ends it, whatever it answers
    // Keeping it may take longer than a command's patience, and ends by itself.
    stream_.expires_after(options_.timeouts.command);
    const mail::Reply reply = co_await receiver_.body_ends(notes);
    say(reply);
  }

  net::Stream& stream_;
  const ServerOptions& options_;
  Receiver& receiver_;
  Input input_;
  Protocol protocol_;
  mail::Peer peer_;
  std::optional<Chunks> chunks_;
  std::string out_;
  std::size_t recipients_ = 0, errors_ = 0;
  bool open_ = false, in_transaction_ = false;
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
