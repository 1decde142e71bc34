#include "gateway/queue_admin.hpp"

#include <algorithm>
#include <mutex>

#include "gateway/events.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

struct StateView {
  json::object& out;
  void operator()(const spool::Queued& queued) const {
    out["state"] = "queued";
    out["due"] = format_rfc3339(queued.due);
  }
  void operator()(const spool::Held& held) const {
    out["state"] = "held";
    out["held_for"] = mail::format_hold_reason(held.reason);
    out["expires"] = format_rfc3339(held.expires);
  }
  void operator()(const spool::Unjudged&) const { out["state"] = "unjudged"; }
};

json::object recipient_view(const spool::RecipientRecord& recipient) {
  json::object out;
  out["address"] = recipient.address.str();
  std::visit(StateView{out}, recipient.state);
  out["action"] = mail::format_action(recipient.verdict.action);
  json::array rules;
  for (const mail::Why& why : recipient.verdict.why)
    rules.emplace_back(why.rule);
  out["rules"] = std::move(rules);
  json::array ladder;
  for (const mail::Route& route : recipient.ladder)
    ladder.emplace_back(mail::format_route(route));
  out["ladder"] = std::move(ladder);
  out["rung"] = recipient.rung;
  out["attempts"] = recipient.attempts;
  if (!recipient.last_reason.empty()) out["last_reason"] = recipient.last_reason;
  if (recipient.may_be_duplicate) out["may_be_duplicate"] = true;
  return out;
}

constexpr std::size_t page = 200;

bool any_fits(const QueueFilter& filter, const spool::StoredMessage& stored, Time now) {
  const auto one = [&filter](const spool::RecipientRecord& recipient) { return fits(filter, recipient); };
  return fits(filter, stored.message, now) && std::ranges::any_of(stored.recipients, one);
}

/// The next messages in order of arrival from behind `after`, which moves on; none at the end.
Result<std::vector<spool::StoredMessage>> next_page(spool::Spool& spool, const QueueFilter& filter, QueueId& after) {
  if (!filter.id.empty()) {
    const QueueId id = *QueueId::parse(filter.id);
    if (after == id) return std::vector<spool::StoredMessage>{};
    after = id;
    auto stored = spool.load(id);
    if (!stored) return fail(stored.error());
    return std::vector<spool::StoredMessage>{std::move(*stored)};
  }
  auto found = spool.list(after, page);
  if (found && !found->empty()) after = found->back().message.envelope.id;
  return found;
}

/// What is to be done to one message, its recipients claimed.
struct Pending {
  QueueId id;
  std::vector<spool::RecipientChange> changes;
  std::vector<spool::EventBytes> events;
};

Pending prepare(Services& services, const QueueCommand& command, const spool::StoredMessage& stored, QueueDone& done) {
  Pending pending{stored.message.envelope.id, {}, {}};
  const Time now = services.clock.now();
  for (const spool::RecipientRecord& recipient : stored.recipients) {
    if (!fits(command.filter, recipient)) continue;
    auto decided = queue_change(services.known(), command.action, command.to, stored.message.envelope, recipient, now);
    if (const auto* not_done = std::get_if<NoChange>(&decided)) {
      if (*not_done == NoChange::denied) ++done.denied;
      continue;
    }
    auto& [change, kind] = std::get<QueueChange>(decided);
    if (!services.spool.claim(pending.id, recipient.index)) {  // being delivered at this moment
      ++done.busy;
      continue;
    }
    if (kind) {
      audit::Event event = event_about(*kind, now, stored.message, change.next ? *change.next : recipient);
      event.reason = "by " + command.who;
      if (command.action == QueueAction::reroute) event.reason += ", to " + format_hop(command.to);
      pending.events.push_back(audit::encode_event(event));
    }
    pending.changes.push_back(std::move(change));
  }
  return pending;
}

/// Together, so that they share a sync. Gives the first trouble; the messages that had any are free again.
net::awaitable<Result<void>> settle_all(spool::Spool& spool, std::vector<Pending> batch) {
  struct Waiting {
    std::mutex mutex;
    std::size_t left = 0;
    Result<void> result;
  };
  co_return co_await await_done([&spool, batch = std::move(batch)](auto done) {
    const auto waiting = std::make_shared<Waiting>();
    const auto finish = std::make_shared<decltype(done)>(std::move(done));
    waiting->left = batch.size();
    for (const Pending& one : batch) {
      spool.settle(one.id, one.changes, one.events, [&spool, one, waiting, finish](Result<void> settled) {
        if (!settled) {
          for (const spool::RecipientChange& change : one.changes)
            spool.unclaim(one.id, change.index);
        }
        const std::lock_guard lock(waiting->mutex);
        if (!settled && waiting->result) waiting->result = settled;
        if (--waiting->left == 0) (*finish)(waiting->result);
      });
    }
  });
}

}  // namespace

json::object queue_entry(const spool::StoredMessage& stored) {
  const spool::MessageRecord& message = stored.message;
  json::object out;
  out["id"] = message.envelope.id.str();
  out["accepted"] = format_rfc3339(message.accepted);
  out["tenant"] = message.envelope.origin.tenant;
  out["sender"] = message.envelope.from ? message.envelope.from->str() : "";
  out["message_id"] = message.envelope.message_id;
  out["size"] = message.size;
  json::array recipients;
  for (const spool::RecipientRecord& recipient : stored.recipients)
    recipients.push_back(recipient_view(recipient));
  out["recipients"] = std::move(recipients);
  return out;
}

Result<QueuePage> queue_list(spool::Spool& spool, const QueueFilter& filter, QueueId after, std::size_t limit,
                             Time now) {
  QueuePage out;
  for (;;) {
    const auto stored = next_page(spool, filter, after);
    if (!stored) return fail(stored.error());
    if (stored->empty()) return out;
    for (const spool::StoredMessage& message : *stored) {
      if (!any_fits(filter, message, now)) continue;
      if (out.messages.size() == limit) {
        ++out.more;
        continue;
      }
      out.messages.push_back(queue_entry(message));
      out.last = message.message.envelope.id;
    }
  }
}

Result<json::object> queue_show(spool::Spool& spool, const QueueId& id) {
  const auto stored = spool.load(id);
  if (!stored) return fail(stored.error());
  return queue_entry(*stored);
}

net::awaitable<Result<QueueDone>> queue_act(Services& services, QueueCommand command) {
  spool::Spool& spool = services.spool;
  QueueDone done;
  QueueId after;
  for (;;) {
    auto stored = co_await net::offload(services.disk,
                                        [&spool, &command, &after] { return next_page(spool, command.filter, after); });
    if (!stored) co_return fail(stored.error());
    if (stored->empty()) co_return done;
    std::vector<Pending> batch;
    std::uint64_t recipients = 0;
    for (const spool::StoredMessage& one : *stored) {
      if (!fits(command.filter, one.message, services.clock.now())) continue;
      Pending pending = prepare(services, command, one, done);
      recipients += pending.changes.size();
      if (!pending.changes.empty()) batch.push_back(std::move(pending));
    }
    if (batch.empty()) continue;
    done.messages += batch.size();
    done.recipients += recipients;
    const Result<void> settled = co_await settle_all(spool, std::move(batch));
    if (!settled) co_return fail(settled.error());
  }
}

}  // namespace postern::gateway
