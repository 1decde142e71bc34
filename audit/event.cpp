#include "audit/event.hpp"

namespace postern::audit {
namespace {

constexpr std::uint64_t version = 2;  // 2: tlsa, required, evidence
constexpr std::size_t longest_field = 64 << 10;
constexpr std::size_t most_rules = 10'000, most_evidence = 1'000;

}  // namespace

std::string_view format_event_kind(EventKind kind) {
  switch (kind) {
    case EventKind::accepted: return "accepted";
    case EventKind::rejected: return "rejected";
    case EventKind::attempting: return "attempting";
    case EventKind::delivered: return "delivered";
    case EventKind::deferred: return "deferred";
    case EventKind::uncertain: return "uncertain";
    case EventKind::bounced: return "bounced";
    case EventKind::held: return "held";
    case EventKind::released: return "released";
    case EventKind::rung: return "rung";
    case EventKind::deleted: return "deleted";
    case EventKind::duplicate: return "duplicate";
    case EventKind::expired: return "expired";
    case EventKind::judged: return "judged";
    case EventKind::rerouted: return "rerouted";
    case EventKind::deposited: return "deposited";
    case EventKind::code_sent: return "code-sent";
    case EventKind::code_wrong: return "code-wrong";
    case EventKind::opened: return "opened";
    case EventKind::recalled: return "recalled";
    case EventKind::unread: return "unread";
    case EventKind::replied: return "replied";
    case EventKind::extended: return "extended";
    case EventKind::password_chosen: return "password-chosen";
    case EventKind::second_step_changed: return "second-step-changed";
  }
  return {};
}

std::string encode_event(const Event& event) {
  Writer out;
  out.u64(version);
  out.enumerator(event.kind);
  out.u64(static_cast<std::uint64_t>(event.at.time_since_epoch().count()));
  out.bytes(event.queue_id.str());
  for (const std::string* text : {&event.message_id, &event.tenant, &event.listener, &event.client_address,
                                  &event.sender, &event.recipient, &event.action, &event.policy_hash, &event.route,
                                  &event.host, &event.host_address, &event.status, &event.reason, &event.origin}) {
    out.bytes(*text);
  }
  out.u64(event.rules.size());
  for (const std::string& rule : event.rules)
    out.bytes(rule);
  encode(out, event.tls);
  out.u64(static_cast<std::uint64_t>(event.reply_code));
  out.u64(event.size);
  out.u64(event.attempt);
  out.bytes(event.tlsa);
  out.bytes(event.required);
  out.u64(event.evidence.size());
  for (const std::string& line : event.evidence)
    out.bytes(line);
  return out.take();
}

Result<Event> decode_event(std::string_view bytes) {
  Reader in(bytes);
  const std::uint64_t written = in.u64();
  if (in.ok() && written > version) {
    return fail(Errc::too_new, "the event was written by a newer version");
  }
  Event event;
  event.kind = in.enumerator(EventKind::second_step_changed);
  event.at = Time(Duration(static_cast<Duration::rep>(in.u64())));
  if (const std::string id = in.bytes(64); !id.empty()) {
    auto parsed = QueueId::parse(id);
    if (parsed) event.queue_id = std::move(*parsed);
    if (!parsed) in.reject();
  }
  for (std::string* text : {&event.message_id, &event.tenant, &event.listener, &event.client_address, &event.sender,
                            &event.recipient, &event.action, &event.policy_hash, &event.route, &event.host,
                            &event.host_address, &event.status, &event.reason, &event.origin}) {
    *text = in.bytes(longest_field);
  }
  for (std::size_t n = in.count(most_rules); n > 0; --n)
    event.rules.push_back(in.bytes(longest_field));
  event.tls = mail::decode_tls_facts(in);
  const std::uint64_t reply_code = in.u64();
  if (reply_code > 999) in.reject();
  event.reply_code = static_cast<int>(reply_code);
  event.size = in.u64();
  const std::uint64_t attempt = in.u64();
  if (attempt > UINT32_MAX) in.reject();
  event.attempt = static_cast<unsigned>(attempt);
  if (written >= 2) {
    event.tlsa = in.bytes(longest_field);
    event.required = in.bytes(longest_field);
    for (std::size_t n = in.count(most_evidence); n > 0; --n)
      event.evidence.push_back(in.bytes(longest_field));
  }
  if (!in.finished()) return fail(Errc::corrupt, "a stored event cannot be read");
  return event;
}

}  // namespace postern::audit
