#include "gateway/inspection.hpp"

#include "net/alarm.hpp"
#include "net/runtime.hpp"

namespace postern::gateway {
namespace {

constexpr std::chrono::milliseconds pause_when_busy{500};
constexpr int most_tries = 60;
constexpr std::chrono::milliseconds look_for_room{50};

using InTime = std::optional<Result<std::string>>;

/// Of the worker and the clock, whoever comes first ends the wait; the other finds `open` false.
template <class Done>
struct Race {
  explicit Race(Done d) : done(std::move(d)) {}
  std::atomic<bool> open = true;
  Done done;
  void finish(InTime value) {
    if (open.exchange(false)) done(std::move(value));
  }
};

Result<mail::Facts> facts_from(const Result<std::string>& bytes, const PolicySnapshot& policy) {
  if (!bytes) return fail(bytes.error());
  return mail::decode_facts(*bytes, policy.rules.probes().size());
}

/// A fault of the moment and not of this message (worker_channel.hpp).
bool may_pass(const Result<std::string>& answer) {
  return !answer && (answer.error().code == Errc::unavailable || answer.error().code == Errc::limit);
}

}  // namespace

ByteBudget::Reservation room_now(Services& services, std::uint64_t octets) {
  if (services.late_waits) return {};
  return services.being_read.reserve_up_to(octets);
}

net::awaitable<ByteBudget::Reservation> room_later(Services& services, std::uint64_t octets) {
  for (;;) {
    ByteBudget::Reservation room = services.being_read.reserve_up_to(octets);
    services.late_waits = !room;
    if (room) co_return room;
    co_await net::sleep_for(look_for_room);
  }
}

Result<Readable> read_whole(spool::BodyReader& body, std::uint64_t octets, ByteBudget::Reservation room) {
  inspect::MessageWriter whole(octets);
  for (;;) {
    const Result<std::string> piece = body.next();
    if (!piece) return fail(piece.error());
    if (piece->empty()) break;
    if (auto written = whole.append(*piece); !written) return fail(written.error());
  }
  auto message = whole.finish();
  if (!message) return fail(message.error());
  struct InRoom {
    ByteBudget::Reservation room;
    inspect::Message message;
  };
  const auto held = std::make_shared<const InRoom>(std::move(room), std::move(*message));
  return Readable(held, &held->message);
}

net::awaitable<Result<std::optional<mail::Facts>>> inspect_within(Services& services, Policy policy, Readable message,
                                                                  Duration budget) {
  const auto executor = co_await boost::asio::this_coro::executor;
  net::Pool& pool = services.inspect;
  net::Alarm alarm(executor);
  auto start = [&pool, &alarm, policy, message, budget](auto done) {
    auto race = std::make_shared<Race<decltype(done)>>(std::move(done));
    const bool taken = pool.submit([race, policy, message] {
      // A worker that gets to it after the budget passed has nothing left to do.
      if (race->open) race->finish(policy->inspector->inspect(*message));
    });
    if (!taken) return race->finish(std::nullopt);
    alarm.after(budget, [race] { race->finish(std::nullopt); });
  };
  const InTime answer = co_await net::await_callback<InTime>(std::move(start));
  if (!answer) co_return std::optional<mail::Facts>();
  Result<mail::Facts> facts = facts_from(*answer, *policy);
  if (!facts) co_return fail(facts.error());
  co_return std::optional<mail::Facts>(std::move(*facts));
}

net::awaitable<std::optional<mail::Facts>> inspect_patiently(Services& services, Policy policy, Readable message) {
  // New mail may fill the queue, and a worker may be on its way back: new mail has a budget, this only has to be judged
  // some time. Not for ever, either: others wait behind it.
  for (int tries = 0; tries < most_tries; ++tries) {
    std::optional<Result<std::string>> bytes;
    try {
      bytes =
          co_await net::offload(services.inspect, [policy, message] { return policy->inspector->inspect(*message); });
    } catch (const net::Overloaded&) {  // bytes stays empty
    }
    if (bytes && !may_pass(*bytes)) {
      Result<mail::Facts> facts = facts_from(*bytes, *policy);
      if (!facts) co_return mail::Facts::uninspected(message->bytes().size(), mail::Uninspectable::crashed);
      co_return std::move(*facts);
    }
    co_await net::sleep_for(pause_when_busy);
  }
  co_return std::nullopt;
}

}  // namespace postern::gateway
