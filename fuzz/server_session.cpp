// Any bytes as what a peer says to a whole session, in every state: with and without TLS, with a receiver that refuses
// and fails, over a connection that breaks.
//
//   octet 0   bits 0-1: STARTTLS off, offered, required, implicit; 2: a bare LF refuses; 3: LIMITS is announced;
//             4-7: which write fails (0: none)
//   octet 1   how the bytes are cut: reads as long as the two digits say, in turn
//   octets 2-5   eight answers of the receiver, in turn: 550, 452, 421, an exception; all others are yes
//   the rest  what the peer sends; four control characters, which mean nothing to SMTP, are events (below)
//
// The same bytes cut otherwise must lead to the same conversation: that, and what the Recorder demands, is most of the
// proof.
#include "smtp/server_session.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/ascii.hpp"
#include "fuzz/target.hpp"
#include "mail/headers.hpp"
#include "mail/lines.hpp"
#include "smtp/reply_parser.hpp"
#include "tests/smtp/recorder.hpp"
#include "tests/support/run.hpp"
#include "tests/support/streams.hpp"

using namespace postern;
using namespace postern::smtp;
using fuzz::require;

namespace {

constexpr char reset = '\x1c';    // the connection breaks
constexpr char silence = '\x1d';  // nothing comes until the time is up
constexpr char segment = '\x1e';  // what follows comes later: no read goes beyond it
constexpr char no_tls = '\x1f';   // instead of a handshake: it fails
constexpr std::string_view events = "\x1c\x1d\x1e\x1f";

struct Wire {
  std::string_view bytes;
  std::uint8_t cuts = 0;
  unsigned failing_write = 0;
};

class Peer final : public test::QuietStream {
 public:
  explicit Peer(const Wire& wire) : wire_(wire), left_(wire.bytes) {}

  net::awaitable<std::size_t> read_some(std::span<char> into) override {
    skip_segments();
    if (left_.starts_with(reset)) throw net::Broken("reset");
    if (left_.starts_with(silence)) throw net::TimedOut("silence");
    if (left_.starts_with(no_tls)) left_.remove_prefix(1);
    skip_segments();
    const std::size_t most = 1U + (std::exchange(big_, !big_) ? wire_.cuts >> 4U : wire_.cuts & 15U);
    const std::size_t event = std::min(left_.find_first_of(events), left_.size());
    const std::size_t count = std::min({most * most, into.size(), event});
    std::copy_n(left_.begin(), count, into.begin());
    given_ += left_.substr(0, count);
    left_.remove_prefix(count);
    if (count == 0 && !left_.empty()) co_return co_await read_some(into);  // two events side by side
    co_return count;
  }
  net::awaitable<void> write(std::string_view bytes) override {
    if (++writes_ == wire_.failing_write) throw net::Broken("reset");
    said += bytes;
    co_return;
  }

  std::string said;  // to the peer

 protected:
  net::TlsSession handshake() override {
    // CVE-2011-0411: of what came in the clear the session has used all, and STARTTLS was the last of it.
    require(given_.empty() || lowered(given_).ends_with("starttls\r\n") || lowered(given_).ends_with(" \r\n"));
    given_.clear();
    skip_segments();
    if (left_.starts_with(no_tls)) throw net::TlsFailed("no TLS", true);
    return test::good_tls();
  }

 private:
  void skip_segments() { left_.remove_prefix(std::min(left_.find_first_not_of(segment), left_.size())); }

  Wire wire_;
  std::string_view left_;
  std::string given_;  // since the connection or TLS began
  bool big_ = false;
  unsigned writes_ = 0;
};

struct ReceiverFailed : std::runtime_error {
  ReceiverFailed() : std::runtime_error("the receiver fails") {}
};

/// Answers as the input says; each answer can be recognised in what the peer hears.
class Answers {
 public:
  explicit Answers(std::string_view digits) : digits_(digits) {}

  mail::Reply operator()(const std::string& call) {
    const std::size_t number = given_++;
    const unsigned octet = static_cast<unsigned char>(digits_[number / 2 % digits_.size()]);
    const mail::Reply reply = answer(number % 2 == 0 ? octet & 15U : octet >> 4U, number);
    const bool always_said = call.starts_with("mail") || call.starts_with("rcpt") || call.starts_with("body_ends");
    if (always_said) to_be_heard.push_back(reply.text);
    if (call.starts_with("mail") || call.starts_with("start")) recipients_ = 0;
    if (call.starts_with("rcpt") && reply.positive()) require(++recipients_ <= most_recipients);
    return reply;
  }

  std::vector<std::string> to_be_heard;
  static constexpr std::size_t most_recipients = 3;

 private:
  static mail::Reply answer(unsigned digit, std::size_t number) {
    const std::string text = "answer " + std::to_string(number) + ".";
    if (digit == 12) return {550, mail::StatusCode{5, 7, 1}, text};
    if (digit == 13) return {452, mail::StatusCode{4, 3, 1}, text};
    if (digit == 14) return {421, mail::StatusCode{4, 3, 0}, text};
    if (digit == 15) throw ReceiverFailed();
    return {250, mail::StatusCode{2, 0, 0}, text};
  }

  std::string_view digits_;
  std::size_t given_ = 0, recipients_ = 0;
};

ServerOptions options_of(std::uint8_t settings) {
  ServerOptions options;
  options.hostname = "gw.example";
  options.starttls = static_cast<Starttls>(settings & 3U);
  options.tls = test::tls_server();
  options.bdat_bare_lf = (settings & 4U) != 0 ? BareLf::refuse : BareLf::normalise;
  options.announce_limits = (settings & 8U) != 0;
  options.limits = {.size = 600,
                    .recipients = Answers::most_recipients,
                    .command_line = 120,
                    .header = 200,
                    .errors = 5,
                    .body_line = 80};
  return options;
}

struct Conversation {
  std::string said;
  std::vector<std::string> calls, messages, to_be_heard;
  bool receiver_failed = false;

  /// Whether STARTTLS may be followed by more depends on what came with it in one read.
  [[nodiscard]] bool depends_on_cuts() const {
    return receiver_failed || said.find("Nothing may follow STARTTLS") != std::string::npos;
  }
};

Conversation hold(const ServerOptions& options, std::string_view answers, const Wire& wire) {
  Peer peer(wire);
  Recorder receiver;
  Answers decide(answers);
  receiver.decide = std::ref(decide);
  Conversation result;
  try {
    test::run(serve(peer, options, receiver));
    require(peer.closed);
  } catch (const ReceiverFailed&) {
    result.receiver_failed = true;
  }
  require(receiver.violations.empty() && !receiver.open());
  result.said = peer.said;
  result.calls = receiver.log;
  result.messages = receiver.messages;
  result.to_be_heard = decide.to_be_heard;
  return result;
}

/// What the receiver got keeps every rule of lines and every limit.
void check_messages(const Conversation& conversation, const ServerLimits& limits) {
  for (const std::string& message : conversation.messages) {
    mail::LineChecker checker(limits.body_line);
    require(checker.check(message) == mail::LineFault::none && checker.complete());
    require(message.size() <= limits.size);
    require(mail::header_length(message).value_or(message.size()) <= limits.header);
  }
}

/// No MAIL before EHLO, nor without TLS where that is required; RFC 3207 §4.2: what was said before TLS is forgotten.
void check_order(const Conversation& conversation, Starttls starttls) {
  bool tls = false, greeted = false;
  for (const std::string& call : conversation.calls) {
    if (call.starts_with("start")) {
      require(!tls || call.ends_with(" tls"));
      tls = call.ends_with(" tls");
      greeted = call != "start" && call != "start tls";
    }
    if (call.starts_with("mail"))
      require(greeted && (tls || starttls == Starttls::off || starttls == Starttls::offered));
  }
  require(!tls || starttls != Starttls::off);
}

/// All that is said are whole replies as our own client takes them, and after 421 of ours there is nothing.
void check_replies(std::string_view said) {
  ReplyParser parser;
  bool over = false;
  while (!said.empty()) {
    const std::size_t end = said.find("\r\n");
    require(end != std::string_view::npos && end <= 510 && !over);
    const std::string_view line = said.substr(0, end);
    require(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }));
    said.remove_prefix(end + 2);
    const auto progress = parser.add(line);
    if (parser.reply().code == 354) require(progress == ReplyParser::Progress::done);
    require(progress != ReplyParser::Progress::malformed);
    over = line.starts_with("421 4.7.0") || line.starts_with("221");
    if (progress == ReplyParser::Progress::done) parser = {};
  }
}

/// A body with two faults is refused for the one or the other, as it is cut: what counts is that it is refused.
std::string without_reasons(std::string_view said) {
  std::string out;
  while (!said.empty()) {
    const std::size_t end = said.find("\r\n") + 2;
    const std::string_view line = said.substr(0, end);
    const bool refuses_a_body = line.starts_with("552 5.3.4 ") || line.starts_with("550 5.6.0 ");
    out += refuses_a_body ? "the body is refused\r\n" : line;
    said.remove_prefix(end);
  }
  return out;
}

/// The peer hears each answer of the receiver once, in its order: no 250 that nobody gave, none that gets lost.
void check_heard(const Conversation& conversation) {
  std::size_t at = 0;
  for (const std::string& text : conversation.to_be_heard) {
    at = conversation.said.find(text, at);
    require(at != std::string::npos && conversation.said.find(text, at + text.size()) == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t head = 6;
  if (size < head) return 0;
  const std::string_view input = fuzz::text(data, size);
  const ServerOptions options = options_of(data[0]);
  const std::string_view answers = input.substr(2, 4);
  const Wire wire{input.substr(head), data[1], static_cast<unsigned>(data[0]) >> 4U};

  const Conversation first = hold(options, answers, wire);
  check_messages(first, options.limits);
  check_order(first, options.starttls);
  if (wire.failing_write != 0) return 0;
  check_replies(first.said);
  if (!first.receiver_failed) check_heard(first);

  const Conversation octet_by_octet = hold(options, answers, {wire.bytes, 0, 0});
  check_messages(octet_by_octet, options.limits);
  check_order(octet_by_octet, options.starttls);
  check_replies(octet_by_octet.said);
  if (first.depends_on_cuts()) return 0;
  require(without_reasons(octet_by_octet.said) == without_reasons(first.said) && octet_by_octet.calls == first.calls);
  require(octet_by_octet.messages == first.messages);
  return 0;
}
