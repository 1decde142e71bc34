#include "smtp/client_session.hpp"

#include <utility>

#include "smtp/approach.hpp"
#include "smtp/conversation.hpp"
#include "smtp/transfer.hpp"

namespace postern::smtp {
namespace {

/// How a part of the conversation ended, where it did not simply end.
struct Break {
  std::string reason;
  std::optional<mail::PeerReply> reply;  // a 421
};

/// The session's edge: here a broken connection becomes a value.
net::awaitable<std::optional<Break>> until_broken(net::awaitable<void> part) {
  std::optional<Break> broken;
  try {
    co_await std::move(part);
  } catch (const Closing& closing) {
    broken = Break{closing.what(), closing.reply};
  } catch (const net::Broken& error) {
    broken = Break{error.what(), std::nullopt};
  }
  co_return broken;
}

/// Promise 1, again for every message: the session was judged for just this requirement, and meets it.
std::optional<HostFailure> forbidden(const mail::TlsRequirement& judged, const mail::TlsRequirement& wanted,
                                     const mail::TlsFacts& tls) {
  const bool equal = judged == wanted;
  const std::string unmet = mail::unmet(wanted, tls);
  if (equal && unmet.empty()) return std::nullopt;
  HostFailure failure;
  failure.stage = mail::Stage::requirement;
  failure.reason = equal ? unmet : "the session was opened for another requirement";
  failure.tls = tls;
  return failure;
}

}  // namespace

struct ClientSession::Impl {
  Impl(net::Stream& s, ClientOptions o, mail::TlsRequirement r)
      : stream(s),
        options(std::move(o)),
        requirement(std::move(r)),
        talk(stream, options.timeouts.command),
        approach(stream, talk, options, requirement) {}

  enum class State {
    lost,   // the conversation is not in order
    over,   // it is, and nothing may follow but QUIT
    begun,  // a transaction was begun and not ended: RSET first
    ready,  // between transactions
  };

  /// RFC 5321 §4.1.1.5
  net::awaitable<void> reset() {
    const mail::PeerReply reply = co_await talk.ask("RSET");
    if (reply.code != 250) throw net::Broken("the server does not take RSET");
  }

  net::Stream& stream;
  ClientOptions options;
  mail::TlsRequirement requirement;
  Conversation talk;
  Approach approach;
  State state = State::lost;
  unsigned sent = 0;
  bool bdat_proven = false;  // the host took a chunk
};

ClientSession::ClientSession(net::Stream& stream, ClientOptions options, mail::TlsRequirement requirement)
    : impl_(std::make_unique<Impl>(stream, std::move(options), std::move(requirement))) {}
ClientSession::~ClientSession() = default;

bool ClientSession::ready() const {
  const std::optional<unsigned> most = offers().limits.mail_max;
  return impl_->state >= Impl::State::begun && impl_->talk.quiet() && (!most || impl_->sent < *most);
}
unsigned ClientSession::sent() const {
  return impl_->sent;
}
const mail::TlsFacts& ClientSession::tls() const {
  return impl_->approach.tls();
}
const Extensions& ClientSession::offers() const {
  return impl_->approach.extensions();
}

net::awaitable<std::optional<HostFailure>> ClientSession::open() {
  std::optional<HostFailed> failed;
  try {
    const auto broken = co_await until_broken(impl_->approach.run());
    if (broken) failed = HostFailed{impl_->approach.broke(broken->reason, broken->reply), false};
  } catch (HostFailed& thrown) {
    failed = std::move(thrown);
  }
  impl_->state = !failed ? Impl::State::ready : failed->in_order ? Impl::State::over : Impl::State::lost;
  if (!failed) co_return std::nullopt;
  co_return std::move(failed->failure);
}

net::awaitable<SessionResult> ClientSession::send(const mail::Outbound& outbound, Body& body,
                                                  BeforeFinalDot before_final_dot, Chunking chunking) {
  SessionResult result;
  result.tls = tls();
  result.host_failure = forbidden(impl_->requirement, outbound.requirement(), tls());
  if (result.host_failure) co_return result;
  const bool was_idle = impl_->sent++ > 0;
  const bool begun = std::exchange(impl_->state, Impl::State::lost) == Impl::State::begun;
  std::optional<Break> broken;
  if (begun) broken = co_await until_broken(impl_->reset());
  if (broken) {
    result.stale = true;
    co_return result;
  }
  const bool chunks = chunking == Chunking::offered && offers().chunking;
  const Transfer::Bdat bdat = !chunks              ? Transfer::Bdat::avoid
                              : impl_->bdat_proven ? Transfer::Bdat::proven
                                                   : Transfer::Bdat::unproven;
  Transfer transfer(impl_->talk, impl_->options.timeouts, outbound, body, std::move(before_final_dot), offers(), tls(),
                    bdat);
  broken = co_await until_broken(transfer.run());
  if (transfer.bdat() == Transfer::Bdat::proven) impl_->bdat_proven = true;
  result.bdat_unknown = transfer.bdat() == Transfer::Bdat::unknown;
  if (!broken) {
    using State = Impl::State;
    switch (transfer.left()) {
      case Transfer::Left::nothing: impl_->state = State::ready; break;
      case Transfer::Left::transaction: impl_->state = State::begun; break;
      case Transfer::Left::doubt: impl_->state = State::over; break;
      case Transfer::Left::noise: break;
    }
  }
  // What it says to MAIL may be about the session: that it waited too long, that it takes no more messages.
  if (was_idle && transfer.turned_away()) {
    if (!broken) impl_->state = Impl::State::over;
    result.stale = true;
    co_return result;
  }
  result.broke = broken.has_value();
  if (broken) transfer.broke(broken->reason, broken->reply);
  result.outcomes = transfer.take_outcomes();
  co_return result;
}

net::awaitable<void> ClientSession::end() {
  if (std::exchange(impl_->state, Impl::State::lost) != Impl::State::lost) co_await impl_->talk.quit();
  co_await impl_->stream.shutdown();
}

net::awaitable<SessionResult> send(net::Stream& stream, const ClientOptions& options, const mail::Outbound& outbound,
                                   Body& body, BeforeFinalDot before_final_dot) {
  ClientSession session(stream, options, outbound.requirement());
  SessionResult result;
  result.host_failure = co_await session.open();
  result.tls = session.tls();
  if (!result.host_failure) result = co_await session.send(outbound, body, std::move(before_final_dot));
  co_await session.end();
  co_return result;
}

}  // namespace postern::smtp
