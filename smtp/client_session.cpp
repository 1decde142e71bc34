#include "smtp/client_session.hpp"

#include <algorithm>
#include <variant>

#include "mail/lines.hpp"
#include "smtp/extensions.hpp"
#include "smtp/input.hpp"
#include "smtp/reply_parser.hpp"
#include "smtp/tls_facts.hpp"

namespace postern::smtp {
namespace {

using mail::Outcome;
using mail::PeerReply;
using mail::Stage;
using mail::TlsLesson;

constexpr std::size_t longest_reply_line = 2048;
constexpr std::size_t write_block = 64U << 10;
constexpr std::chrono::seconds quit_patience{5};

/// Ends the session before any recipient's fate was decided.
struct HostFailed {
  HostFailure failure;
};

bool completed(const PeerReply& reply) { return reply.code >= 200 && reply.code < 300; }
bool transient(const PeerReply& reply) { return reply.code >= 400 && reply.code < 500; }
bool permanent(const PeerReply& reply) { return reply.code >= 500; }

class Client {
 public:
  Client(net::Stream& stream, const ClientOptions& options, const mail::Outbound& outbound, Body& body,
         BeforeFinalDot before_final_dot)
      : stream_(stream),
        options_(options),
        outbound_(outbound),
        body_(body),
        before_final_dot_(std::move(before_final_dot)),
        input_(stream, longest_reply_line),
        outcomes_(outbound.to().size()) {}

  /// Throws HostFailed, or net::Broken with `stage()` telling how far it was.
  net::awaitable<void> run() {
    if (!outbound_.requirement().valid) fail_host(TlsLesson::none, "two demands on this connection cannot both be met");
    co_await greeting();
    co_await hello();
    co_await secure();
    judge();
    co_await envelope();
    if (accepted_ > 0) co_await content();
    co_await quit();
  }

  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] bool needs_tls() const { return outbound_.requirement().level >= mail::TlsLevel::encrypted; }
  [[nodiscard]] const mail::TlsFacts& tls() const { return tls_; }
  [[nodiscard]] bool decided_anything() const { return stage_ >= Stage::mail; }

  /// What a connection that broke means for those whose fate is open.
  void broke(const std::string& reason) {
    for (auto& outcome : outcomes_) {
      if (outcome && !std::holds_alternative<Waiting>(*outcome)) continue;
      if (dot_sent_) {
        set(outcome, mail::Uncertain{"no answer after the end of the message: " + reason, "", ""});
      } else {
        set(outcome, deferred(reason, std::nullopt));
      }
    }
  }

  [[nodiscard]] std::vector<Outcome> take_outcomes() {
    std::vector<Outcome> all;
    for (auto& slot : outcomes_) {
      all.push_back(slot && std::holds_alternative<Outcome>(*slot) ? std::get<Outcome>(std::move(*slot))
                                                                  : Outcome(deferred("the session ended early", {})));
    }
    return all;
  }

 private:
  struct Waiting {};  // RCPT was accepted; the final reply decides
  using Slot = std::optional<std::variant<Waiting, Outcome>>;

  static void set(Slot& slot, Outcome outcome) { slot = std::variant<Waiting, Outcome>(std::move(outcome)); }

  [[noreturn]] void fail_host(TlsLesson lesson, std::string reason, std::optional<PeerReply> reply = {}) {
    HostFailure failure;
    failure.stage = stage_;
    failure.lesson = lesson;
    failure.reason = std::move(reason);
    failure.permanent = reply && permanent(*reply);
    failure.reply = std::move(reply);
    failure.tls = tls_;
    throw HostFailed{std::move(failure)};
  }

  /// What TLS trouble at this point teaches: something only where TLS is needed.
  [[nodiscard]] TlsLesson lesson(TlsLesson taught) const { return needs_tls() ? taught : TlsLesson::none; }

  [[nodiscard]] mail::Deferred deferred(std::string reason, std::optional<PeerReply> reply) const {
    mail::Deferred outcome;
    outcome.stage = stage_;
    outcome.reason = std::move(reason);
    outcome.reply = std::move(reply);
    return outcome;
  }

  [[nodiscard]] mail::Failed failed(std::string reason, const PeerReply& reply) const {
    mail::Failed outcome;
    outcome.stage = stage_;
    outcome.status = reply.status.value_or(mail::StatusCode{5, 0, 0});
    outcome.reason = std::move(reason);
    outcome.reply = reply;
    return outcome;
  }

  // Talking

  net::awaitable<PeerReply> read_reply(std::chrono::milliseconds patience) {
    stream_.expires_after(patience);
    parser_ = ReplyParser();
    for (;;) {
      const Line line = co_await input_.line();
      if (line.kind == Line::Kind::closed) throw net::Broken("the server closed the connection");
      if (line.kind != Line::Kind::good) throw net::Broken("the server's reply is malformed");
      switch (parser_.add(line.text)) {
        case ReplyParser::Progress::more: break;
        case ReplyParser::Progress::done: co_return parser_.reply();
        case ReplyParser::Progress::malformed: throw net::Broken("the server's reply is malformed");
      }
    }
  }

  net::awaitable<void> write(std::string_view bytes) {
    stream_.expires_after(options_.timeouts.command);
    co_await stream_.write(bytes);
  }

  net::awaitable<PeerReply> ask(std::string command) {
    command += "\r\n";
    co_await write(command);
    co_return co_await read_reply(options_.timeouts.command);
  }

  // Before MAIL FROM: every failure is the host's

  net::awaitable<void> greeting() {
    stage_ = Stage::greeting;
    const PeerReply reply = co_await read_reply(options_.timeouts.greeting);
    if (reply.code != 220) fail_host(TlsLesson::none, "the server does not greet", reply);
  }

  net::awaitable<void> hello() {
    stage_ = Stage::ehlo;
    const PeerReply reply = co_await ask("EHLO " + options_.hostname);
    if (reply.code == 250) {
      extensions_ = parse_extensions(parser_.lines());
      co_return;
    }
    if (!permanent(reply)) fail_host(TlsLesson::none, "the server does not take EHLO", reply);
    // A server that does not know EHLO cannot do STARTTLS.
    if (needs_tls()) fail_host(TlsLesson::incapable, "the server does not speak ESMTP, so it cannot do TLS", reply);
    extensions_ = {};
    const PeerReply again = co_await ask("HELO " + options_.hostname);
    if (again.code != 250) fail_host(TlsLesson::none, "the server takes neither EHLO nor HELO", again);
  }

  net::awaitable<void> secure() {
    stage_ = Stage::starttls;
    const bool wanted = outbound_.requirement().level > mail::TlsLevel::none && !(options_.avoid_tls && !needs_tls());
    if (!wanted) co_return;
    if (!extensions_.starttls) {
      if (needs_tls()) fail_host(TlsLesson::incapable, "the server offers no STARTTLS");
      co_return;
    }
    const PeerReply reply = co_await ask("STARTTLS");
    if (reply.code == 220) {
      co_await handshake();
      co_await hello();
      co_return;
    }
    if (reply.code == 421) fail_host(lesson(TlsLesson::transient), "the server is closing", reply);
    if (needs_tls()) {
      const TlsLesson taught = permanent(reply) ? TlsLesson::incapable : TlsLesson::transient;
      fail_host(taught, "the server refuses STARTTLS", reply);
    }
    // Opportunistic: refused in proper form, so the session goes on in the clear. An improper answer ends it.
    if (!transient(reply) && !permanent(reply)) fail_host(TlsLesson::none, "the server's answer to STARTTLS makes no sense", reply);
  }

  net::awaitable<void> handshake() {
    // Bytes in the clear behind the 220 would be taken as said inside TLS (CVE-2011-0411).
    if (!input_.buffered().empty()) fail_host(lesson(TlsLesson::transient), "the server sent more in the clear after 220");
    stage_ = Stage::handshake;
    stream_.expires_after(options_.timeouts.handshake);
    std::optional<HostFailure> failure;
    try {
      tls_ = tls_facts(co_await stream_.start_tls(*options_.tls, options_.host));
    } catch (const net::TlsFailed& broken) {
      failure = handshake_failure(broken.what(), broken.incapable);
    } catch (const net::Broken& broken) {
      failure = handshake_failure(broken.what(), false);
    }
    if (failure) throw HostFailed{std::move(*failure)};
  }

  [[nodiscard]] HostFailure handshake_failure(const std::string& what, bool incapable) const {
    HostFailure failure;
    failure.stage = stage_;
    failure.lesson = lesson(incapable ? TlsLesson::incapable : TlsLesson::transient);
    failure.reason = "the TLS handshake failed: " + what;
    failure.fallback_to_clear = !needs_tls();
    return failure;
  }

  /// Promise 1: the session that is judged is the one that sends.
  void judge() {
    stage_ = Stage::requirement;
    const std::string unmet = mail::unmet(outbound_.requirement(), tls_);
    if (!unmet.empty()) fail_host(lesson(TlsLesson::incapable), unmet);
    if (extensions_.size && *extensions_.size != 0 && total_size() > *extensions_.size) too_large_ = true;
  }

  // The message

  [[nodiscard]] std::uint64_t total_size() const { return outbound_.prefix().size() + outbound_.body_size(); }

  [[nodiscard]] std::string mail_command() const {
    std::string command = "MAIL FROM:" + mail::format_path(outbound_.from());
    if (extensions_.size) command += " SIZE=" + std::to_string(total_size());
    // Where the host does not offer 8BITMIME, 8-bit mail is sent as it is: nearly all take it, and to change it would break
    // its signatures.
    if (outbound_.parameters().eight_bit && extensions_.eight_bit) command += " BODY=8BITMIME";
    return command;
  }

  net::awaitable<void> envelope() {
    stage_ = Stage::mail;
    if (too_large_) {
      decide_all(mail::Failed{stage_, {5, 3, 4}, "the message is larger than the server accepts", {}, "", ""});
      co_return;
    }
    std::string commands = mail_command() + "\r\n";
    if (extensions_.pipelining) {
      for (const mail::Address& to : outbound_.to()) commands += rcpt_command(to);
    }
    co_await write(commands);
    const PeerReply sender = co_await read_reply(options_.timeouts.command);
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
      if (!extensions_.pipelining) {
        if (!completed(sender)) break;
        const std::string command = rcpt_command(outbound_.to()[i]);
        co_await write(command);
      }
      const PeerReply reply = co_await read_reply(options_.timeouts.command);
      if (completed(sender)) recipient_answered(outcomes_[i], reply);
    }
    if (!completed(sender)) decide_all(refused("the server refused the sender", sender));
  }

  static std::string rcpt_command(const mail::Address& to) { return "RCPT TO:<" + to.str() + ">\r\n"; }

  [[nodiscard]] Outcome refused(const std::string& reason, const PeerReply& reply) const {
    if (permanent(reply)) return failed(reason, reply);
    return deferred(reason, reply);
  }

  void recipient_answered(Slot& slot, const PeerReply& reply) {
    stage_ = Stage::rcpt;
    if (completed(reply)) {
      slot = Waiting{};
      ++accepted_;
    } else {
      set(slot, refused("the server refused the recipient", reply));
    }
  }

  void decide_all(const Outcome& outcome) {
    for (Slot& slot : outcomes_) set(slot, outcome);
    accepted_ = 0;
  }

  void decide_waiting(const Outcome& outcome) {
    for (Slot& slot : outcomes_) {
      if (slot && std::holds_alternative<Waiting>(*slot)) set(slot, outcome);
    }
  }

  net::awaitable<void> content() {
    stage_ = Stage::data;
    const PeerReply go = co_await ask("DATA");
    if (go.code != 354) {
      decide_waiting(refused("the server refused DATA", go));
      co_return;
    }
    mail::DotStuffer stuffer;
    co_await send_body(stuffer);
    co_await before_final_dot_();
    stage_ = Stage::final_dot;
    dot_sent_ = true;  // from the first byte of it on nobody knows what the server took
    stream_.expires_after(options_.timeouts.data_block);
    co_await stream_.write(stuffer.end());
    const PeerReply answer = co_await read_reply(options_.timeouts.final_dot);
    dot_sent_ = false;
    if (completed(answer)) {
      decide_waiting(mail::Delivered{answer, tls_, "", ""});
    } else {
      decide_waiting(refused("the server refused the message", answer));
    }
  }

  net::awaitable<void> send_body(mail::DotStuffer& stuffer) {
    std::string block;
    stuffer.append(outbound_.prefix(), block);
    for (;;) {
      const std::string piece = co_await body_.next();
      if (piece.empty()) break;
      std::string_view rest = piece;
      while (!rest.empty()) {
        const std::size_t taken = std::min(rest.size(), write_block);
        stuffer.append(rest.substr(0, taken), block);
        rest.remove_prefix(taken);
        if (block.size() >= write_block) co_await send_block(block);
      }
    }
    if (!block.empty()) co_await send_block(block);
  }

  net::awaitable<void> send_block(std::string& block) {
    stream_.expires_after(options_.timeouts.data_block);
    co_await stream_.write(block);
    block.clear();
  }

  /// Politeness only: whatever happens here changes nothing.
  net::awaitable<void> quit() {
    try {
      stream_.expires_after(quit_patience);
      co_await stream_.write("QUIT\r\n");
      (void)co_await read_reply(quit_patience);
    } catch (const net::Broken&) {  // the outcomes stand
    }
  }

  net::Stream& stream_;
  const ClientOptions& options_;
  const mail::Outbound& outbound_;
  Body& body_;
  BeforeFinalDot before_final_dot_;
  Input input_;
  ReplyParser parser_;
  Extensions extensions_;
  mail::TlsFacts tls_;
  Stage stage_ = Stage::connect;
  std::vector<Slot> outcomes_;
  std::size_t accepted_ = 0;
  bool too_large_ = false, dot_sent_ = false;
};

}  // namespace

net::awaitable<SessionResult> send(net::Stream& stream, const ClientOptions& options, const mail::Outbound& outbound,
                                   Body& body, BeforeFinalDot before_final_dot) {
  Client client(stream, options, outbound, body, std::move(before_final_dot));
  SessionResult result;
  try {
    co_await client.run();
  } catch (HostFailed& host) {
    result.host_failure = std::move(host.failure);
  } catch (const net::Broken& broken) {
    if (client.decided_anything()) {
      client.broke(broken.what());
    } else {
      HostFailure failure;
      failure.stage = client.stage();
      failure.reason = broken.what();
      const bool around_tls = client.stage() >= Stage::starttls || client.tls().encrypted();
      if (around_tls && client.needs_tls()) failure.lesson = TlsLesson::transient;
      failure.tls = client.tls();
      result.host_failure = std::move(failure);
    }
  }
  if (!result.host_failure) result.outcomes = client.take_outcomes();
  result.tls = client.tls();
  co_await stream.shutdown();
  co_return result;
}

}  // namespace postern::smtp
