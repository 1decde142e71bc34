#include "gateway/scheduler.hpp"

#include <algorithm>
#include <map>

#include "base/log.hpp"
#include "gateway/notices.hpp"
#include "gateway/pipeline.hpp"
#include "gateway/settle.hpp"

namespace postern::gateway {
namespace {

constexpr std::chrono::seconds longest_nap{60};
constexpr std::chrono::minutes tend_every{10};
constexpr std::size_t late_batch = 20, hold_batch = 100;

struct Claimed {
  spool::StoredMessage stored;
  std::vector<std::uint32_t> indexes;
};

/// Blocking: what is due, with its records. A message that cannot be loaded is reported and stays claimed: the restart
/// that repairs it tries again. Where the whole store was closed after a failed write it is the next turn that tries.
Result<std::vector<Claimed>> claim(spool::Spool& spool, Time now, std::size_t most) {
  const auto due = spool.claim_due(now, most);
  if (!due) return fail(due.error());
  std::map<QueueId, std::vector<std::uint32_t>> by_message;
  for (const spool::DueRecipient& recipient : *due)
    by_message[recipient.id].push_back(recipient.index);
  std::vector<Claimed> claimed;
  for (auto& [id, indexes] : by_message) {
    auto stored = spool.load(id);
    if (stored) {
      claimed.push_back({std::move(*stored), std::move(indexes)});
      continue;
    }
    log::error("{} is due and could not be loaded: {}", id.str(), stored.error().text);
    if (stored.error().code != Errc::unavailable) continue;
    for (const std::uint32_t index : indexes)
      spool.unclaim(id, index);
  }
  return claimed;
}

std::chrono::milliseconds nap_until(const Result<std::optional<Time>>& next, Time now) {
  if (!next || !*next) return longest_nap;
  return std::clamp<std::chrono::milliseconds>(**next - now, std::chrono::milliseconds(1), longest_nap);
}

}  // namespace

Scheduler::Scheduler(Services& services, net::Runtime& io, net::TaskGroup& tasks)
    : services_(services), io_(io), tasks_(tasks) {}

void Scheduler::start() {
  tasks_.spawn(io_.next(), "deliver", deliver_loop(this));
  tasks_.spawn(io_.next(), "late verdicts", late_loop(this));
  tasks_.spawn(io_.next(), "tend", tend_loop(this));
}

net::awaitable<void> Scheduler::deliver_loop(Scheduler* self) {
  spool::Spool& spool = self->services_.spool;
  while (!self->stopping_) {
    if (self->active_ >= self->services_.config.delivery_concurrency) {
      co_await self->due_.wait(longest_nap);  // run_group wakes it
      continue;
    }
    if (co_await self->claim_and_spawn() > 0) continue;
    const auto next = co_await net::offload(self->services_.disk, [&spool] { return spool.next_due(); });
    co_await self->due_.wait(nap_until(next, self->services_.clock.now()));
  }
}

net::awaitable<std::size_t> Scheduler::claim_and_spawn() {
  const unsigned free = services_.config.delivery_concurrency - active_;
  auto claimed = co_await net::offload(services_.disk, [&spool = services_.spool, now = services_.clock.now(), free] {
    return claim(spool, now, free);
  });
  if (!claimed) {
    log::error("the queue could not be read: {}", claimed.error().text);
    co_await net::sleep_for(std::chrono::seconds(1));
    co_return 0;
  }
  for (Claimed& one : *claimed) {
    for (Group& group : groups_of(one.stored, one.indexes)) {
      ++active_;
      tasks_.spawn(io_.next(), "delivery of " + one.stored.message.envelope.id.str(),
                   run_group(this, one.stored.message, std::move(group)));
    }
  }
  co_return claimed->size();
}

net::awaitable<void> Scheduler::run_group(Scheduler* self, spool::MessageRecord message, Group group) {
  const std::vector<spool::RecipientRecord> recipients = group.recipients;
  const QueueId id = message.envelope.id;
  bool trouble = false;
  try {
    co_await send_on(self->services_, self->memory_, std::move(message), std::move(group));
  } catch (const std::exception& escaped) {
    log::error("delivery of {} broke off: {}", id.str(), escaped.what());
    trouble = true;
  }
  if (trouble) co_await give_back(self->services_, id, recipients);
  --self->active_;
  self->due_.notify();
}

net::awaitable<void> Scheduler::late_loop(Scheduler* self) {
  spool::Spool& spool = self->services_.spool;
  while (!self->stopping_) {
    if (spool.counts().unjudged > 0) {
      const auto ids = co_await net::offload(self->services_.disk, [&spool] { return spool.unjudged(late_batch); });
      for (const QueueId& id : ids.value_or(std::vector<QueueId>{}))
        co_await judge_late(self->services_, id);
    }
    co_await self->late_.wait(longest_nap);
  }
}

net::awaitable<void> Scheduler::expire_holds() {
  spool::Spool& spool = services_.spool;
  const Time now = services_.clock.now();
  const auto over =
      co_await net::offload(services_.disk, [&spool, now] { return spool.claim_expired_holds(now, hold_batch); });
  if (!over) co_return;
  for (const spool::DueRecipient& due : *over) {
    const auto stored = co_await net::offload(services_.disk, [&spool, id = due.id] { return spool.load(id); });
    if (!stored) continue;
    const auto recipient = std::ranges::find(stored->recipients, due.index, &spool::RecipientRecord::index);
    if (recipient == stored->recipients.end()) continue;
    Settlement settlement = settle_expired_hold(stored->message, *recipient, now);
    if (!co_await notify_sender(services_, stored->message, std::move(settlement.notice))) {
      spool.unclaim(due.id, due.index);
      continue;
    }
    const Result<void> settled = co_await await_done([&spool, id = due.id, changes = std::move(settlement.changes),
                                                      events = std::move(settlement.events)](auto done) mutable {
      spool.settle(id, std::move(changes), std::move(events), std::move(done));
    });
    if (settled) continue;
    log::error("an expired hold could not be settled: {}", settled.error().text);
    spool.unclaim(due.id, due.index);
  }
}

net::awaitable<void> Scheduler::tend_loop(Scheduler* self) {
  while (!self->stopping_) {
    co_await self->expire_holds();
    const Result<void> tended =
        co_await net::offload(self->services_.disk, [&spool = self->services_.spool] { return spool.tend(); });
    if (!tended) log::error("tending the spool failed: {}", tended.error().text);
    co_await net::sleep_for(tend_every);
  }
}

}  // namespace postern::gateway
