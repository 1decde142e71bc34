#include "smtp/transfer.hpp"

#include <algorithm>

#include "smtp/parameters.hpp"

namespace postern::smtp {
namespace {

using mail::Outcome;
using mail::PeerReply;
using mail::Stage;
using mail::TlsLesson;

/// So many RCPTs go out before their replies are read: more could fill both directions and stop both sides.
constexpr std::size_t rcpt_batch = 100;

/// RFC 5321 §4.5.3.1.10: a 552 to RCPT means 452, unless it says what else it means (a full mailbox).
constexpr mail::StatusCode too_many{5, 5, 3};

/// "Mail system: positive completion". A 220, 221 or 2xx of another kind answers some other question.
bool completed(const PeerReply& reply) {
  return reply.code >= 250 && reply.code < 260;
}
bool transient(const PeerReply& reply) {
  return reply.code >= 400 && reply.code < 500;
}
bool permanent(const PeerReply& reply) {
  return reply.code >= 500;
}

}  // namespace

net::awaitable<void> Transfer::run() {
  co_await envelope();
  if (outcomes_.any_accepted()) co_await content();
}

void Transfer::broke(const std::string& reason, std::optional<PeerReply> reply) {
  if (dot_sent_ && !reply) {
    outcomes_.decide_rest(mail::Uncertain{"no answer after the end of the message: " + reason, "", ""});
  } else {
    outcomes_.decide_rest(deferred(reason, std::move(reply)));
  }
}

Outcome Transfer::deferred(std::string reason, std::optional<PeerReply> reply) const {
  return mail::Deferred{stage_, std::move(reason), std::move(reply), TlsLesson::none, "", ""};
}
Outcome Transfer::failed(mail::StatusCode status, std::string reason, std::optional<PeerReply> reply) const {
  return mail::Failed{stage_, status, std::move(reason), std::move(reply), "", ""};
}
/// 5xx is for good; everything else that is no consent may be better another time.
Outcome Transfer::refused(const std::string& reason, const PeerReply& reply) const {
  if (permanent(reply)) return failed(reply.status.value_or(mail::StatusCode{5, 0, 0}), reason, reply);
  return deferred(reason, reply);
}

std::string Transfer::mail_command() const {
  std::string command = "MAIL FROM:" + mail::format_path(outbound_.from());
  if (extensions_.size) command += " SIZE=" + std::to_string(total_size());
  // RFC 6152 §3: declared where it is so, whether or not our sender did. Whether 8-bit mail goes to a host that does
  // not offer 8BITMIME is the caller's decision.
  const bool eight_bit = outbound_.eight_bit() || outbound_.parameters().eight_bit;
  if (eight_bit && extensions_.eight_bit) command += " BODY=8BITMIME";
  if (outbound_.needs_utf8()) command += " SMTPUTF8";
  mail::MailParameters parameters = outbound_.parameters();
  // RFC 8689 §5: whoever gives it back must do so under the same duty, and with little to tell of it.
  if (outbound_.requirement().requiretls) {
    command += " REQUIRETLS";
    parameters.ret = mail::Return::headers;
  }
  if (extensions_.dsn) command += format_dsn_parameters(parameters);
  return command + "\r\n";
}

net::awaitable<void> Transfer::envelope() {
  stage_ = Stage::mail;
  const std::uint64_t most = extensions_.size.value_or(0);  // RFC 1870 §4: 0 is no limit
  if (most != 0 && total_size() > most) {
    outcomes_.decide_rest(failed({5, 3, 4}, "the message is larger than the server accepts", {}));
    co_return;
  }
  if (outbound_.needs_utf8() && !extensions_.utf8) {  // RFC 6531 §3.5
    outcomes_.decide_rest(failed({5, 6, 7}, "the server does not take internationalised mail (SMTPUTF8)", {}));
    co_return;
  }
  asked_ = true;
  if (extensions_.pipelining) {
    co_await pipelined_envelope();
  } else {
    co_await plain_envelope();
  }
}

net::awaitable<void> Transfer::plain_envelope() {
  std::string command = mail_command();
  co_await talk_.say(command, timeouts_.command);
  if (!co_await sender_answered()) co_return;
  for (std::size_t i = 0; i < outbound_.to().size(); ++i) {
    command = rcpt_command(i);
    co_await talk_.say(command, timeouts_.command);
    co_await recipient_answered(i);
  }
}

/// RFC 2920 §3.1: MAIL and the RCPTs in one go, as far as their replies cannot stop both sides.
net::awaitable<void> Transfer::pipelined_envelope() {
  const std::size_t all = outbound_.to().size();
  std::string commands = mail_command();
  for (std::size_t begin = 0; begin < all; begin += rcpt_batch) {
    const std::size_t end = std::min(begin + rcpt_batch, all);
    for (std::size_t i = begin; i < end; ++i)
      commands += rcpt_command(i);
    co_await talk_.say(commands, timeouts_.command);
    commands.clear();
    bool sender_taken = true;
    if (begin == 0) sender_taken = co_await sender_answered();
    for (std::size_t i = begin; i < end; ++i)
      co_await recipient_answered(i);
    if (!sender_taken) co_return;
  }
}

std::string Transfer::rcpt_command(std::size_t i) const {
  const std::string asked = extensions_.dsn ? format_dsn_parameters(outbound_.asked_for(i)) : "";
  return "RCPT TO:<" + outbound_.to()[i].str() + ">" + asked + "\r\n";
}

/// A refusal decides for all, whatever is said of the recipients then.
net::awaitable<bool> Transfer::sender_answered() {
  const PeerReply reply = co_await talk_.reply(timeouts_.command);
  sender_taken_ = completed(reply);
  if (sender_taken_) left_ = Left::transaction;
  if (!sender_taken_) outcomes_.decide_rest(refused("the server refused the sender", reply));
  co_return sender_taken_;
}

net::awaitable<void> Transfer::recipient_answered(std::size_t i) {
  stage_ = Stage::rcpt;
  const PeerReply reply = co_await talk_.reply(timeouts_.command);
  if (completed(reply)) {
    outcomes_.accept(i);
  } else if (reply.code == 552 && reply.status.value_or(too_many) == too_many) {
    outcomes_.decide(i, deferred("the server takes no more recipients", reply));
  } else {
    outcomes_.decide(i, refused("the server refused the recipient", reply));
  }
}

net::awaitable<void> Transfer::content() {
  stage_ = Stage::data;
  const bool chunks = bdat_ != Bdat::avoid;
  std::uint64_t left = total_size();
  if (bdat_ == Bdat::unproven) {
    if (!co_await chunk_taken()) co_return;
    left -= outbound_.prefix().size();
  } else if (!chunks && !co_await data_taken()) {
    co_return;
  }
  std::string last = co_await send_all_but_last(chunks ? "BDAT " + std::to_string(left) + " LAST\r\n" : "");
  co_await before_final_dot_();
  stage_ = Stage::final_dot;
  dot_sent_ = true;  // from the first byte of this block on nobody knows what the server took
  last += body_.terminator();
  co_await talk_.say(last, timeouts_.data_block);
  message_answered(co_await talk_.reply(timeouts_.final_dot));
}

net::awaitable<bool> Transfer::data_taken() {
  const PeerReply go = co_await talk_.ask("DATA");
  if (go.code != 354) {
    outcomes_.decide_accepted(refused("the server refused DATA", go));
    co_return false;
  }
  if (!talk_.quiet()) throw net::Broken("the server answers before it is asked");
  co_return true;
}

/// RFC 3030 §2: the first chunk, of our own words alone.
net::awaitable<bool> Transfer::chunk_taken() {
  const std::string prefix = body_.prefix();
  stop_at_fault();
  const std::string chunk = "BDAT " + std::to_string(prefix.size()) + "\r\n" + prefix;
  co_await talk_.say(chunk, timeouts_.data_block);
  const PeerReply reply = co_await talk_.reply(timeouts_.final_dot);
  if (completed(reply)) {
    bdat_ = Bdat::proven;
    if (!talk_.quiet()) throw net::Broken("the server answers before it is asked");
    co_return true;
  }
  const bool unknown = reply.code >= 500 && reply.code <= 504;  // a command that it cannot do (RFC 5321 §4.2.2)
  if (unknown) bdat_ = Bdat::unknown;
  if (unknown) left_ = Left::noise;  // it may have taken our header for commands, and be answering those
  outcomes_.decide_accepted(unknown ? deferred("the server offers BDAT and does not know it", reply)
                                    : refused("the server refused the first chunk", reply));
  co_return false;
}

/// The last block goes out with the end of the message. `held` goes out with the first.
net::awaitable<std::string> Transfer::send_all_but_last(std::string held) {
  for (bool first = true;; first = false) {
    std::string block = co_await body_.next();
    stop_at_fault();
    if (block.empty()) co_return held;
    if (first) {
      held += block;
      continue;
    }
    co_await talk_.say(held, timeouts_.data_block);
    held = std::move(block);
  }
}

void Transfer::stop_at_fault() {
  const auto& fault = body_.fault();
  if (!fault) return;
  outcomes_.decide_accepted(fault->permanent ? failed({5, 6, 0}, fault->reason, {}) : deferred(fault->reason, {}));
  throw net::Broken(fault->reason);  // inside DATA or a chunk there is no other way to stop
}

void Transfer::message_answered(const PeerReply& reply) {
  left_ = Left::nothing;
  if (completed(reply)) {
    outcomes_.decide_accepted(mail::Delivered{reply, extensions_.dsn, tls_, "", ""});
  } else if (transient(reply) || permanent(reply)) {
    outcomes_.decide_accepted(refused("the server refused the message", reply));
  } else {
    left_ = Left::doubt;
    outcomes_.decide_accepted(mail::Uncertain{"the answer to the message was neither yes nor no", "", ""});
  }
}

}  // namespace postern::smtp
