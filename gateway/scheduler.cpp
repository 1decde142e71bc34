#include "gateway/scheduler.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "gateway/notices.hpp"
#include "gateway/settle.hpp"

namespace postern::gateway {
namespace {

constexpr std::chrono::seconds longest_nap{60}, pause_after_fault{1};
/// Servers that work mostly have taken a message by then.
constexpr std::chrono::seconds patience_with_strangers{2};
constexpr std::chrono::minutes tend_every{10};
constexpr std::size_t late_batch = 20, hold_batch = 100;

/// So many entries of the schedule are read at a time: in between, what was found is sent.
constexpr std::size_t entries_at_a_time = 1000;

std::chrono::milliseconds nap_until(const Result<std::optional<Time>>& next, Time now) {
  if (!next || !*next) return longest_nap;
  return std::clamp<std::chrono::milliseconds>(**next - now, std::chrono::milliseconds(1), longest_nap);
}

}  // namespace

Scheduler::Scheduler(Services& services, net::Runtime& io, net::TaskGroup& tasks)
    : services_(services), io_(io), tasks_(tasks), backlog_(services.config.destination) {}

void Scheduler::start() {
  tasks_.spawn(io_.next(), "deliver", loop(this, "deliveries", &Scheduler::deliver));
  tasks_.spawn(io_.next(), "late verdicts", loop(this, "late verdicts", &Scheduler::judge_waiting));
  tasks_.spawn(io_.next(), "tend", loop(this, "tending", &Scheduler::tend));
}

/// A fault of one turn, a pool that is full for a moment among them, must not end a loop: nothing would start it again.
net::awaitable<void> Scheduler::loop(Scheduler* self, const char* name, net::awaitable<void> (Scheduler::*turn)()) {
  while (!self->stopping_) {
    std::string fault;
    try {
      co_await (self->*turn)();
    } catch (const std::exception& broke) {
      fault = broke.what();
    }
    if (fault.empty() || self->stopping_) continue;
    log::error("{} broke off and goes on: {}", name, fault);
    co_await net::sleep_for(pause_after_fault);
  }
}

net::awaitable<void> Scheduler::deliver() {
  spool::Spool& spool = services_.spool;
  settle_endings();
  const std::chrono::milliseconds next_aside = step_aside();
  const unsigned most = services_.config.delivery_concurrency;
  const auto held = static_cast<unsigned>(deliveries_.size()) - aside_;
  if (held >= most) {
    co_await due_.wait(next_aside);  // run_group wakes it
    co_return;
  }
  const Time now = services_.clock.now();
  const unsigned free = most - held;
  // Nobody else touches the backlog while this waits.
  Harvest harvest = co_await net::offload(services_.disk, [this, now, free] { return this->harvest(now, free); });
  spawn(harvest);
  if (!harvest.error.empty()) {
    log::error("the queue could not be read: {}", harvest.error);
    co_await net::sleep_for(std::chrono::seconds(1));
  }
  if (harvest.more || !harvest.error.empty() || !harvest.claimed.empty()) co_return;
  const auto next = co_await net::offload(services_.disk, [&spool, now] { return spool.next_due(now); });
  co_await due_.wait(nap_until(next, services_.clock.now()));
}

Scheduler::Harvest Scheduler::harvest(Time now, unsigned most) {
  Harvest found;
  const auto looked = look(now);
  if (!looked) {
    found.error = looked.error().text;
    return found;
  }
  found.more = *looked;
  // As many turns as there is work for; one that finds nothing is one destination's, and not the last.
  for (std::size_t turns = 0; found.claimed.size() < most && turns < entries_at_a_time; ++turns) {
    const auto turn = backlog_.next(now);
    if (!turn) return found;
    auto claimed = claim(*turn, now);
    if (!claimed) {
      backlog_.left(*turn, turn->from, now);
      backlog_.ended(turn->destination, {}, {}, now);
      found.error = claimed.error().text;
      return found;
    }
    if (claimed->indexes.empty()) {
      backlog_.ended(turn->destination, {}, {}, now);
    } else {
      found.claimed.push_back(std::move(*claimed));
    }
  }
  found.more = true;
  return found;
}

/// Each entry once: what is due goes into the backlog by its place. True where there is more to look at.
Result<bool> Scheduler::look(Time now) {
  spool::Spool& spool = services_.spool;
  if (const auto changed = spool.changed_from()) looked_to_ = std::min(looked_to_, *changed);
  std::size_t seen = 0;
  bool full = false;
  auto place = spool.scan_due(now, looked_to_, [&](const spool::DueRecipient& due, const spool::Place& at) {
    if (seen++ == entries_at_a_time) return spool::Pick::end;
    full = !backlog_.saw(due, at);
    return full ? spool::Pick::end : spool::Pick::pass;
  });
  if (!place) return fail(place.error());
  looked_to_ = std::move(*place);
  return seen > entries_at_a_time && !full;
}

/// The first message from the turn's place on that fits it, with all its recipients of the same kind.
Result<Scheduler::Claimed> Scheduler::claim(const Backlog::Turn& turn, Time now) {
  Claimed claimed;
  claimed.turn = turn;
  std::size_t passed = 0;
  bool ended = false;
  const auto place = services_.spool.scan_due(now, turn.from, [&](const spool::DueRecipient& due, const spool::Place&) {
    const bool same_message = claimed.id.empty() || claimed.id == due.id;
    if (same_message && turn.fits(due)) {
      claimed.id = due.id;
      claimed.indexes.push_back(due.index);
      return spool::Pick::claim;
    }
    ended = !same_message || ++passed > entries_at_a_time;
    return ended ? spool::Pick::end : spool::Pick::pass;
  });
  if (!place) return fail(place.error());
  backlog_.left(turn, ended ? std::optional(*place) : std::nullopt, now);
  if (claimed.id.empty()) return claimed;
  auto stored = services_.spool.load(claimed.id);
  if (stored) {
    claimed.stored = std::move(*stored);
  } else {
    // It stays claimed: the restart that repairs it tries again. Where the whole store was closed after a failed write
    // it is the next turn that tries.
    log::error("{} is due and could not be loaded: {}", claimed.id.str(), stored.error().text);
    if (stored.error().code == Errc::unavailable) {
      for (const std::uint32_t index : claimed.indexes)
        services_.spool.unclaim(claimed.id, index);
    }
    claimed.indexes.clear();
  }
  return claimed;
}

void Scheduler::spawn(Harvest& harvest) {
  for (Claimed& one : harvest.claimed) {
    std::vector<Group> groups = groups_of(one.stored, one.indexes);
    if (groups.empty()) backlog_.ended(one.turn.destination, {}, {}, services_.clock.now());
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (i > 0) backlog_.also(one.turn.destination);
      ++active_;
      deliveries_[++next_number_] = {one.turn.destination, std::chrono::steady_clock::now(), one.turn.proven, false};
      tasks_.spawn(io_.next(), "delivery of " + one.id.str(),
                   run_group(this, next_number_, one.turn, one.stored.message, std::move(groups[i])));
    }
  }
}

void Scheduler::settle_endings() {
  std::vector<Ending> endings;
  {
    const std::lock_guard lock(endings_mutex_);
    endings.swap(endings_);
  }
  for (Ending& ending : endings) {
    const auto delivery = deliveries_.find(ending.number);
    if (delivery->second.aside) {
      --aside_;
      backlog_.came_back(ending.destination);
    }
    deliveries_.erase(delivery);
    backlog_.ended(ending.destination, ending.experience, std::move(ending.trouble), services_.clock.now());
  }
}

std::chrono::milliseconds Scheduler::step_aside() {
  const unsigned most = aside_factor * services_.config.delivery_concurrency;
  const auto now = std::chrono::steady_clock::now();
  for (auto& [number, delivery] : deliveries_) {  // the oldest first
    if (aside_ >= most) break;
    if (delivery.proven || delivery.aside) continue;
    const auto at = delivery.begun + patience_with_strangers;
    if (at > now) return std::chrono::ceil<std::chrono::milliseconds>(at - now);
    delivery.aside = true;
    ++aside_;
    backlog_.stepped_aside(delivery.destination);
  }
  return longest_nap;
}

net::awaitable<void> Scheduler::run_group(Scheduler* self, std::uint64_t number, Backlog::Turn turn,
                                          spool::MessageRecord message, Group group) {
  const std::vector<spool::RecipientRecord> recipients = group.recipients;
  const QueueId id = message.envelope.id;
  Ending ending{number, turn.destination, {}, {}};
  bool trouble = false;
  try {
    if (turn.not_before > Time()) {
      co_await put_off(self->services_, self->memory_, std::move(message), std::move(group), turn.not_before,
                       turn.trouble);
    } else {
      Shown shown = co_await send_on(self->services_, self->memory_, std::move(message), std::move(group));
      ending.experience = shown.experience;
      ending.trouble = std::move(shown.trouble);
    }
  } catch (const std::exception& escaped) {
    log::error("delivery of {} broke off: {}", id.str(), escaped.what());
    trouble = true;
  }
  if (trouble) co_await give_back(self->services_, id, recipients);
  {
    const std::lock_guard lock(self->endings_mutex_);
    self->endings_.push_back(std::move(ending));
  }
  --self->active_;
  self->due_.notify();
}

net::awaitable<void> Scheduler::judge_waiting() {
  spool::Spool& spool = services_.spool;
  if (spool.counts().unjudged > 0) {
    const auto ids = co_await net::offload(services_.disk, [&spool] { return spool.unjudged(late_batch); });
    for (const QueueId& id : ids.value_or(std::vector<QueueId>{}))
      co_await judge_late(services_, id);
  }
  co_await late_.wait(longest_nap);
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

net::awaitable<void> Scheduler::tend() {
  co_await expire_holds();
  const Result<void> tended =
      co_await net::offload(services_.disk, [&spool = services_.spool] { return spool.tend(); });
  if (!tended) log::error("tending the spool failed: {}", tended.error().text);
  co_await net::sleep_for(tend_every);
}

}  // namespace postern::gateway
