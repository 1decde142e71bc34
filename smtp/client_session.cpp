#include "smtp/client_session.hpp"

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

/// Nothing where the host may be given the message.
net::awaitable<std::optional<HostFailure>> approach_host(Approach& approach, Conversation& talk) {
  std::optional<HostFailed> failed;
  try {
    const auto broken = co_await until_broken(approach.run());
    if (broken) failed = HostFailed{approach.broke(broken->reason, broken->reply), false};
  } catch (HostFailed& thrown) {
    failed = std::move(thrown);
  }
  if (!failed) co_return std::nullopt;
  if (failed->in_order) co_await talk.quit();
  co_return std::move(failed->failure);
}

}  // namespace

net::awaitable<SessionResult> send(net::Stream& stream, const ClientOptions& options, const mail::Outbound& outbound,
                                   Body& body, BeforeFinalDot before_final_dot) {
  SessionResult result;
  Conversation talk(stream, options.timeouts.command);
  Approach approach(stream, talk, options, outbound.requirement());
  result.host_failure = co_await approach_host(approach, talk);
  result.tls = approach.tls();
  if (!result.host_failure) {
    Transfer transfer(talk, options.timeouts, outbound, body, std::move(before_final_dot), approach.extensions(),
                      approach.tls());
    const auto broken = co_await until_broken(transfer.run());
    if (broken) {
      transfer.broke(broken->reason, broken->reply);
    } else {
      co_await talk.quit();
    }
    result.outcomes = transfer.take_outcomes();
  }
  co_await stream.shutdown();
  co_return result;
}

}  // namespace postern::smtp
