#include "gateway/pipeline.hpp"

#include <algorithm>
#include <map>

#include "base/log.hpp"
#include "gateway/conversations.hpp"
#include "gateway/courier.hpp"
#include "gateway/events.hpp"
#include "gateway/inspection.hpp"
#include "gateway/notices.hpp"
#include "gateway/pickup_end.hpp"
#include "gateway/pickup_telling.hpp"
#include "gateway/pickups.hpp"
#include "gateway/recipients.hpp"
#include "gateway/replies.hpp"
#include "gateway/sealer.hpp"
#include "gateway/settle.hpp"
#include "gateway/virus_scan.hpp"
#include "net/runtime.hpp"
#include "policy/judge.hpp"

namespace postern::gateway {
namespace {

policy::Sender sender_of(const Config& config, const mail::Envelope& envelope) {
  const TenantConfig* tenant = config.tenant(envelope.origin.tenant);
  return {envelope.origin.tenant, envelope.from, envelope.header_from,
          tenant != nullptr ? tenant->tenant.domains : std::vector<std::string>{}};
}

/// Mail that has left through us before is in a loop: it is held whatever the rules say, and inspected like any other.
void hold_loops(const mail::Envelope& envelope, std::vector<mail::Verdict>& verdicts) {
  if (envelope.origin.hops == 0) return;
  log::warning("{} came back (hop {}): a loop between the gateway and tenant {}'s Exchange; it is held",
               envelope.id.str(), envelope.origin.hops, envelope.origin.tenant);
  for (mail::Verdict& verdict : verdicts) {
    verdict.action = std::max(verdict.action, mail::Action::quarantine);
    verdict.why.push_back({"loop", "It has left through this gateway before", mail::Action::quarantine, false, {}});
  }
}

std::chrono::year_month_day today(const Services& services) {
  return std::chrono::floor<std::chrono::days>(services.clock.now());
}

spool::MessageRecord record_of(Arrival& arrival, Time now) {
  spool::MessageRecord record;
  record.envelope = std::move(arrival.envelope);
  record.accepted = now;
  record.bare_lf_mended = arrival.bare_lf_mended;
  record.dkim_body_hash = std::move(arrival.dkim_body_hash);
  return record;
}

std::vector<spool::EventBytes> accepted_events(const spool::MessageRecord& message,
                                               const std::vector<spool::RecipientRecord>& recipients) {
  std::vector<spool::EventBytes> events;
  for (const spool::RecipientRecord& recipient : recipients) {
    const bool held = std::holds_alternative<spool::Held>(recipient.state);
    events.push_back(
        audit::encode_event(event_about(audit::EventKind::accepted, message.accepted, message, recipient)));
    if (held) {
      events.push_back(audit::encode_event(event_about(audit::EventKind::held, message.accepted, message, recipient)));
    }
  }
  return events;
}

// INSPECT

/// The body in memory for the inspector, where there is room for it now.
net::awaitable<Readable> body_for_inspection(Services& services, Arrival& arrival) {
  if (arrival.whole) co_return arrival.whole;
  spool::Incoming* incoming = arrival.incoming.get();
  ByteBudget::Reservation room = room_now(services, incoming->size());
  if (!room) co_return nullptr;
  const auto whole = co_await net::offload(services.disk, [incoming, room = std::move(room)]() mutable {
    return read_whole(*incoming->open_body(), incoming->size(), std::move(room));
  });
  if (!whole) {
    log::error("cannot read back a message for inspection: {}", whole.error().text);
    co_return nullptr;
  }
  co_return *whole;
}

// KEEP

net::awaitable<mail::Reply> keep(Services& services, std::unique_ptr<spool::Incoming> incoming,
                                 spool::MessageRecord message, std::vector<spool::RecipientRecord> recipients,
                                 std::string facts) {
  const QueueId id = message.envelope.id;
  message.size = incoming->size();
  std::vector<spool::EventBytes> events = accepted_events(message, recipients);
  auto start = [&spool = services.spool, incoming = std::move(incoming), message = std::move(message),
                recipients = std::move(recipients), events = std::move(events),
                facts = std::move(facts)](auto done) mutable {
    spool.commit(std::move(incoming), std::move(message), std::move(recipients), std::move(events), std::move(facts),
                 std::move(done));
  };
  const Result<void> kept = co_await await_done(std::move(start));
  if (!kept) {
    log::error("{} was not kept: {}", id.str(), kept.error().text);
    co_return replies::from_spool(kept.error());
  }
  co_return replies::kept(id);
}

net::awaitable<mail::Reply> keep_unjudged(Services& services, Arrival arrival) {
  spool::MessageRecord message = record_of(arrival, services.clock.now());
  message.judged = false;
  std::vector<spool::RecipientRecord> recipients;
  for (std::uint32_t i = 0; i < message.envelope.to.size(); ++i) {
    recipients.push_back(unjudged_record(i, message.envelope.to[i]));
  }
  co_return co_await keep(services, std::move(arrival.incoming), std::move(message), std::move(recipients), {});
}

net::awaitable<mail::Reply> refuse(Services& services, const Arrival& arrival,
                                   const std::vector<mail::Verdict>& verdicts, const mail::Reply& reply) {
  const mail::Envelope& envelope = arrival.envelope;
  std::vector<spool::EventBytes> events;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    audit::Event event =
        event_rejected(services.clock.now(), envelope.peer, envelope.origin.tenant, envelope.from, "policy", reply);
    event.queue_id = envelope.id;
    event.message_id = envelope.message_id;
    event.recipient = envelope.to[i].str();
    event.action = mail::format_action(verdicts[i].action);
    for (const mail::Why& why : verdicts[i].why)
      event.rules.push_back(why.rule);
    events.push_back(audit::encode_event(event));
  }
  co_await record_events(services, std::move(events));
  co_return reply;
}

std::vector<spool::RecipientRecord> judged_records(const Known& known, const mail::Envelope& envelope,
                                                   const std::vector<mail::Verdict>& verdicts,
                                                   const policy::Answer& answer, Time now) {
  std::vector<spool::RecipientRecord> records;
  for (std::uint32_t i = 0; i < verdicts.size(); ++i) {
    mail::Verdict verdict = verdicts[i];
    if (std::ranges::find(answer.quarantine, i) != answer.quarantine.end()) verdict.action = mail::Action::quarantine;
    records.push_back(judged_record(known, envelope.origin.tenant, envelope.parameters.requiretls, i, envelope.to[i],
                                    std::move(verdict), now));
  }
  return records;
}

// SETTLE

constexpr std::chrono::seconds first_pause{1}, longest_pause{60};

/// What was sent is not sent again because our disk failed: its outcome is written until the disk takes it.
/// Errc::not_found is a write that failed and was there after all.
net::awaitable<void> keep_outcome(Services& services, QueueId id, Settlement settlement) {
  for (std::chrono::seconds pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
    const Result<void> settled = co_await await_done([&spool = services.spool, id, settlement](auto done) mutable {
      spool.settle(id, std::move(settlement.changes), std::move(settlement.events), std::move(done));
    });
    if (settled || settled.error().code == Errc::not_found) co_return;
    log::error("the outcome for {} could not be kept and will be tried again: {}", id.str(), settled.error().text);
    co_await net::sleep_for(pause);
  }
}

/// A notice that cannot reach its recipient has nobody to be told to: it is the message behind it that failed.
net::awaitable<bool> tell(Services& services, const spool::MessageRecord& message, Settlement& settlement) {
  if (!is_pickup_notice(message)) co_return co_await notify_sender(services, message, std::move(settlement.notice));
  for (const mail::DsnRecipient& told : settlement.notice) {
    const bool waits = told.action == mail::DsnAction::relayed || told.retry_until;
    if (waits) continue;
    settlement.changes = {{0, std::nullopt}};
    co_return co_await pickup_notice_failed(services, message.envelope.id, told.reason);
  }
  co_return true;
}

net::awaitable<void> conclude(Services& services, const spool::MessageRecord& message,
                              const std::vector<spool::RecipientRecord>& recipients, Settlement settlement) {
  const QueueId& id = message.envelope.id;
  // The sender is told first: a crash between the two tells twice rather than never.
  if (!co_await tell(services, message, settlement)) {
    co_await give_back(services, id, recipients);
    co_return;
  }
  co_await keep_outcome(services, id, std::move(settlement));
}

}  // namespace

net::awaitable<void> record_events(Services& services, std::vector<spool::EventBytes> events) {
  const Result<void> recorded =
      co_await await_done([&spool = services.spool, events = std::move(events)](auto done) mutable {
        spool.record(std::move(events), std::move(done));
      });
  if (!recorded) log::error("an event could not be recorded: {}", recorded.error().text);
}

net::awaitable<mail::Reply> take_in(Services& services, Arrival arrival) {
  const Policy policy = services.policy.get();

  const Readable body = co_await body_for_inspection(services, arrival);
  if (!body) co_return co_await keep_unjudged(services, std::move(arrival));
  const auto facts = co_await inspect_within(services, policy, body, services.config.inspect_budget);
  if (!facts) {
    log::error("the inspector failed on {}: {}", arrival.envelope.id.str(), facts.error().text);
    co_return replies::not_inspected();
  }
  if (!*facts) co_return co_await keep_unjudged(services, std::move(arrival));

  const policy::Sender sender = sender_of(services.config, arrival.envelope);
  std::vector<mail::Verdict> verdicts =
      policy::judge(**facts, sender, arrival.envelope.to, policy->rules, today(services));
  hold_loops(arrival.envelope, verdicts);
  co_await scan_for_viruses(services, arrival.envelope, body, verdicts);
  protect_conversations(services.config, arrival.envelope, verdicts);
  const policy::Answer answer = policy::answer(verdicts, arrival.envelope.from, arrival.envelope.id);
  if (!answer.keep) co_return co_await refuse(services, arrival, verdicts, answer.reply);

  spool::MessageRecord message = record_of(arrival, services.clock.now());
  message.policy_hash = policy->rules.hash();
  auto recipients = judged_records(services.known(), message.envelope, verdicts, answer, message.accepted);
  const mail::Reply kept = co_await keep(services, std::move(arrival.incoming), std::move(message),
                                         std::move(recipients), mail::encode_facts(**facts));
  co_return kept.positive() ? answer.reply : kept;
}

net::awaitable<void> judge_late(Services& services, QueueId id) {
  const Policy policy = services.policy.get();
  spool::Spool& spool = services.spool;
  const auto stored = co_await net::offload(services.disk, [&spool, id] { return spool.load(id); });
  if (!stored) co_return;  // deleted meanwhile
  const spool::MessageRecord& message = stored->message;

  ByteBudget::Reservation room = co_await room_later(services, message.size);
  auto read_it = [&spool, message, room = std::move(room)]() mutable -> Result<Readable> {
    const auto reader = spool.open_body(message);
    if (!reader) return fail(reader.error());
    return read_whole(**reader, message.size, std::move(room));
  };
  const auto body = co_await net::offload(services.disk, std::move(read_it));
  if (!body && body.error().code == Errc::unavailable)
    co_return;  // the store is shut for a moment, the message is whole
  std::optional<mail::Facts> read = mail::Facts::uninspected(message.size, mail::Uninspectable::corrupt);
  if (body) read = co_await inspect_patiently(services, policy, *body);
  if (!read) co_return;  // it stays unjudged, and has its turn again
  const mail::Facts& facts = *read;

  const policy::Sender sender = sender_of(services.config, message.envelope);
  std::vector<mail::Verdict> verdicts =
      policy::judge(facts, sender, message.envelope.to, policy->rules, today(services));
  hold_loops(message.envelope, verdicts);
  co_await scan_for_viruses(services, message.envelope, body ? *body : nullptr, verdicts);
  protect_conversations(services.config, message.envelope, verdicts);
  const policy::Answer answer = policy::answer(verdicts, message.envelope.from, id);
  const Time now = services.clock.now();
  auto recipients = judged_records(services.known(), message.envelope, verdicts, answer, now);

  spool::MessageRecord judged = message;
  judged.policy_hash = policy->rules.hash();
  std::vector<spool::EventBytes> events;
  for (const spool::RecipientRecord& recipient : recipients) {
    const bool held = std::holds_alternative<spool::Held>(recipient.state);
    const auto kind = held ? audit::EventKind::held : audit::EventKind::judged;
    events.push_back(audit::encode_event(event_about(kind, now, judged, recipient)));
  }
  const Result<void> done =
      co_await await_done([&spool, id, recipients = std::move(recipients), hash = judged.policy_hash,
                           events = std::move(events), bytes = mail::encode_facts(facts)](auto finished) mutable {
        spool.judged(id, std::move(recipients), hash, std::move(events), std::move(bytes), std::move(finished));
      });
  if (!done) log::error("the verdict on {} could not be kept: {}", id.str(), done.error().text);
}

std::vector<Group> groups_of(const spool::StoredMessage& stored, const std::vector<std::uint32_t>& due) {
  std::map<std::pair<std::string, std::string>, Group> groups;  // by rung and destination
  std::vector<std::uint32_t> wanted = due;
  std::ranges::sort(wanted);
  for (const spool::RecipientRecord& recipient : stored.recipients) {
    if (!std::ranges::binary_search(wanted, recipient.index) || recipient.rung >= recipient.ladder.size()) continue;
    Writer rung;
    mail::encode(rung, recipient.ladder[recipient.rung]);
    // What must be protected never shares a transaction with what need not be.
    rung.enumerator(recipient.verdict.action);
    groups[{rung.take(), spool::destination_of(recipient)}].recipients.push_back(recipient);
  }
  std::vector<Group> result;
  for (auto& [key, group] : groups)
    result.push_back(std::move(group));
  return result;
}

namespace {

SettleContext context_now(const Services& services, DomainMemory& memory) {
  return {services.config, services.clock.now(), memory, services.random};
}

net::awaitable<void> conclude(Services& services, DomainMemory& memory, const spool::MessageRecord& message,
                              const std::vector<spool::RecipientRecord>& recipients, const mail::Route& route,
                              const std::vector<mail::Outcome>& outcomes, spool::Made made = {}) {
  Settlement settlement = settle(message, recipients, route, outcomes, context_now(services, memory));
  for (spool::RecipientChange& change : settlement.changes)
    change.made = made;
  co_await conclude(services, message, recipients, std::move(settlement));
}

/// What cannot be sealed now waits, and what never can goes to its next rung.
net::awaitable<void> conclude_unsealed(Services& services, DomainMemory& memory, const spool::MessageRecord& message,
                                       const mail::Route& route, const Unsealed& unsealed) {
  const std::vector<spool::RecipientRecord> one = {unsealed.recipient};
  if (may_pass(unsealed.why)) {
    mail::Deferred deferred;
    deferred.stage = mail::Stage::seal;
    deferred.lesson = mail::TlsLesson::transient;
    deferred.reason = "it could not be sealed: " + unsealed.why.text;
    co_await conclude(services, memory, message, one, route, {mail::Outcome(deferred)});
  } else {
    co_await conclude(services, message, one,
                      settle_unsealable(message, one, unsealed.why.text, context_now(services, memory)));
  }
}

/// Neither the network's doing nor the engine's: it ends no rung.
net::awaitable<void> conclude_waiting(Services& services, DomainMemory& memory, const spool::MessageRecord& message,
                                      const mail::Route& route, const std::vector<spool::RecipientRecord>& recipients) {
  mail::Deferred deferred;
  deferred.stage = mail::Stage::seal;
  deferred.reason =
      "what is sealed for other recipients of the message takes the room that one message has (spool.renditions)";
  co_await conclude(services, memory, message, recipients, route,
                    std::vector<mail::Outcome>(recipients.size(), deferred));
}

void tell_of_keys(std::vector<mail::Outcome>& outcomes, const Sealed& sealed) {
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    std::vector<mail::Evidence> more = sealed.signers;
    const auto found = sealed.evidence.find(sealed.ready.recipients[i].index);
    if (found != sealed.evidence.end()) more.insert(more.end(), found->second.begin(), found->second.end());
    add_evidence(outcomes[i], more);
  }
}

/// SEAL, PROTECT, DELIVER and SETTLE, part by part: those who may know of each other have one rendition. After a part
/// that reached no host the others need not be sealed yet: they share its fate.
net::awaitable<Shown> send_sealed(Services& services, DomainMemory& memory, const spool::MessageRecord& message,
                                  Group group, const mail::Route& route) {
  Shown shown;
  std::optional<mail::Outcome> nobody_there;
  std::vector<mail::Outcome> all;
  const auto shared = std::make_shared<const spool::MessageRecord>(message);
  for (Group& part : co_await parts_to_seal(services, message, std::move(group))) {
    if (nobody_there) {
      const std::vector<mail::Outcome> same(part.recipients.size(), *nobody_there);
      co_await conclude(services, memory, message, part.recipients, route, same);
      continue;
    }
    const Sealed sealed = co_await seal(services, shared, route, std::move(part));
    for (const Unsealed& unsealed : sealed.unready)
      co_await conclude_unsealed(services, memory, message, route, unsealed);
    if (!sealed.waiting.empty()) co_await conclude_waiting(services, memory, message, route, sealed.waiting);
    if (sealed.ready.recipients.empty()) continue;
    auto outcomes = co_await deliver(services, message, sealed.ready.recipients, route, sealed.made);
    tell_of_keys(outcomes, sealed);
    if (policy::experience(outcomes) == policy::Experience::unreachable) nobody_there = outcomes.front();
    all.insert(all.end(), outcomes.begin(), outcomes.end());
    co_await conclude(services, memory, message, sealed.ready.recipients, route, outcomes, sealed.made);
  }
  shown.experience = policy::experience(all);
  if (!all.empty()) shown.trouble = reason_of(all.front());
  co_return shown;
}

}  // namespace

net::awaitable<Shown> send_on(Services& services, DomainMemory& memory, spool::MessageRecord message, Group group) {
  const mail::Route& route = group.recipients.front().ladder[group.recipients.front().rung];

  if (mail::is_sealed(route)) co_return co_await send_sealed(services, memory, message, group, route);

  // PROTECT and DELIVER, or whatever else the rung asks for.
  std::vector<mail::Outcome> outcomes;
  if (mail::smtp_rung(route) != nullptr) outcomes = co_await deliver(services, message, group.recipients, route);
  if (std::holds_alternative<mail::Portal>(route))
    outcomes = co_await leave_for_pickup(services, message, group.recipients);
  Shown shown{policy::experience(outcomes), outcomes.empty() ? "" : reason_of(outcomes.front())};

  co_await conclude(services, memory, message, group.recipients, route, outcomes);
  co_return shown;
}

net::awaitable<void> put_off(Services& services, DomainMemory& memory, spool::MessageRecord message, Group group,
                             Time not_before, std::string trouble) {
  Settlement settlement = settle_put_off(message, group.recipients, not_before, trouble, context_now(services, memory));
  co_await conclude(services, message, group.recipients, std::move(settlement));
}

}  // namespace postern::gateway
