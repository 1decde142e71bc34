#include "gateway/queue_admin.hpp"

#include "gateway/events.hpp"
#include "gateway/recipients.hpp"

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

std::string_view state_name(const spool::RecipientState& state) {
  struct Name {
    std::string_view operator()(const spool::Queued&) const { return "queued"; }
    std::string_view operator()(const spool::Held&) const { return "held"; }
    std::string_view operator()(const spool::Unjudged&) const { return "unjudged"; }
  };
  return std::visit(Name{}, state);
}

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

bool has_state(const spool::StoredMessage& stored, const std::string& state) {
  if (state.empty()) return true;
  for (const spool::RecipientRecord& recipient : stored.recipients) {
    if (state_name(recipient.state) == state) return true;
  }
  return false;
}

/// The change that `action` makes to a recipient, or nothing where it does not apply.
std::optional<spool::RecipientChange> change_of(const Services& services, QueueAction action, const std::string& tenant,
                                                const spool::RecipientRecord& recipient) {
  const Time now = services.clock.now();
  const bool held = std::holds_alternative<spool::Held>(recipient.state);
  switch (action) {
    case QueueAction::release:
      if (!held) return std::nullopt;
      return spool::RecipientChange{recipient.index, released_record(services.config, tenant, recipient, now)};
    case QueueAction::retry: {
      if (!std::holds_alternative<spool::Queued>(recipient.state)) return std::nullopt;
      spool::RecipientRecord next = recipient;
      next.state = spool::Queued{now};
      return spool::RecipientChange{recipient.index, next};
    }
    case QueueAction::remove: return spool::RecipientChange{recipient.index, std::nullopt};
  }
  return std::nullopt;
}

std::optional<audit::EventKind> event_of(QueueAction action) {
  switch (action) {
    case QueueAction::release: return audit::EventKind::released;
    case QueueAction::retry: return std::nullopt;  // changes nothing but the time
    case QueueAction::remove: return audit::EventKind::deleted;
  }
  return std::nullopt;
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

Result<json::array> queue_list(spool::Spool& spool, const std::string& state, std::size_t limit) {
  constexpr std::size_t page = 200;
  json::array out;
  QueueId after;
  while (out.size() < limit) {
    const auto stored = spool.list(after, page);
    if (!stored) return fail(stored.error());
    for (const spool::StoredMessage& message : *stored) {
      if (has_state(message, state) && out.size() < limit) out.push_back(queue_entry(message));
      after = message.message.envelope.id;
    }
    if (stored->size() < page) break;
  }
  return out;
}

Result<json::object> queue_show(spool::Spool& spool, const QueueId& id) {
  const auto stored = spool.load(id);
  if (!stored) return fail(stored.error());
  return queue_entry(*stored);
}

net::awaitable<Result<unsigned>> queue_act(Services& services, QueueAction action, QueueId id,
                                           std::string operator_name) {
  spool::Spool& spool = services.spool;
  const auto stored = co_await net::offload(services.disk, [&spool, id] { return spool.load(id); });
  if (!stored) co_return fail(stored.error());

  std::vector<spool::RecipientChange> changes;
  std::vector<spool::EventBytes> events;
  for (const spool::RecipientRecord& recipient : stored->recipients) {
    auto change = change_of(services, action, stored->message.envelope.origin.tenant, recipient);
    if (!change) continue;
    if (!spool.claim(id, recipient.index)) continue;  // being delivered at this moment
    if (const auto kind = event_of(action)) {
      audit::Event event = event_about(*kind, services.clock.now(), stored->message, recipient);
      event.reason = "by " + operator_name;
      events.push_back(audit::encode_event(event));
    }
    changes.push_back(std::move(*change));
  }
  const auto count = static_cast<unsigned>(changes.size());
  if (count == 0) co_return 0U;
  std::vector<std::uint32_t> claimed;
  for (const spool::RecipientChange& change : changes)
    claimed.push_back(change.index);
  const Result<void> settled =
      co_await await_done([&spool, id, changes = std::move(changes), events = std::move(events)](auto done) mutable {
        spool.settle(id, std::move(changes), std::move(events), std::move(done));
      });
  if (settled) co_return count;
  for (const std::uint32_t index : claimed)
    spool.unclaim(id, index);
  co_return fail(settled.error());
}

}  // namespace postern::gateway
