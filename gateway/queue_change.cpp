#include "gateway/queue_change.hpp"

#include <algorithm>
#include <charconv>

#include "net/endpoint.hpp"

namespace postern::gateway {
namespace {

using spool::RecipientRecord;
using Changed = std::variant<QueueChange, NoChange>;

const spool::Held* held_by_operator(const RecipientRecord& recipient) {
  const auto* held = std::get_if<spool::Held>(&recipient.state);
  return held != nullptr && held->reason == mail::HoldReason::operator_ ? held : nullptr;
}

Changed with(RecipientRecord next, std::optional<audit::EventKind> event) {
  const std::uint32_t index = next.index;
  return QueueChange{{index, std::move(next)}, event};
}

Changed hold(const Known& known, RecipientRecord recipient, Time now) {
  if (!std::holds_alternative<spool::Queued>(recipient.state)) return NoChange::does_not_apply;
  recipient.state = spool::Held{mail::HoldReason::operator_, {}, now + known.config.hold_expire, false};
  return with(std::move(recipient), audit::EventKind::held);
}

Changed release(const Known& known, const mail::Envelope& envelope, RecipientRecord recipient, Time now) {
  if (!std::holds_alternative<spool::Held>(recipient.state)) return NoChange::does_not_apply;
  // Nothing was wrong with it: it goes on where it stood.
  if (held_by_operator(recipient) != nullptr) {
    recipient.state = spool::Queued{now};
    return with(std::move(recipient), audit::EventKind::released);
  }
  return with(released_record(known, envelope.origin.tenant, envelope.parameters.requiretls, std::move(recipient), now),
              audit::EventKind::released);
}

Changed retry(RecipientRecord recipient, Time now) {
  if (!std::holds_alternative<spool::Queued>(recipient.state)) return NoChange::does_not_apply;
  recipient.state = spool::Queued{now};
  return with(std::move(recipient), std::nullopt);
}

/// The same host by the configuration's word on what happens after it.
mail::Hop as_attested(const Config& config, const std::string& tenant, const mail::Hop& to) {
  const auto* relay = std::get_if<mail::Relay>(&to);
  const TenantConfig* sender = config.tenant(tenant);
  if (relay == nullptr || sender == nullptr) return to;
  const auto* route = std::get_if<mail::Relay>(&sender->route);
  const bool same = route != nullptr && route->host == relay->host && route->port == relay->port;
  return mail::Relay{relay->host, relay->port, same && route->onward_enforced};
}

Changed reroute(const Config& config, const mail::Hop& wanted, const std::string& tenant, RecipientRecord recipient,
                Time now) {
  const bool queued = std::holds_alternative<spool::Queued>(recipient.state);
  if (!queued && held_by_operator(recipient) == nullptr) return NoChange::does_not_apply;
  const mail::Hop to = as_attested(config, tenant, wanted);
  const auto* relay = std::get_if<mail::Relay>(&to);
  const bool protected_to_the_end = relay == nullptr || relay->onward_enforced;
  bool changed = false;
  for (std::size_t rung = recipient.rung; rung < recipient.ladder.size(); ++rung) {
    mail::SmtpRung* way = mail::smtp_rung(recipient.ladder[rung]);
    if (way == nullptr || way->hop == to) continue;
    const bool needs_tls =
        recipient.verdict.action != mail::Action::deliver && !mail::is_sealed(recipient.ladder[rung]);
    if (needs_tls && !protected_to_the_end) return NoChange::denied;
    way->hop = to;  // its floor stays
    changed = true;
  }
  if (!changed) return NoChange::does_not_apply;
  recipient.rung_attempts = 0;
  recipient.incapable_since.reset();  // what the other hosts proved says nothing of these
  recipient.tls_trouble_since.reset();
  if (queued) recipient.state = spool::Queued{now};
  return with(std::move(recipient), audit::EventKind::rerouted);
}

}  // namespace

Changed queue_change(const Known& known, QueueAction action, const mail::Hop& to, const mail::Envelope& envelope,
                     const RecipientRecord& recipient, Time now) {
  switch (action) {
    case QueueAction::hold: return hold(known, recipient, now);
    case QueueAction::release: return release(known, envelope, recipient, now);
    case QueueAction::retry: return retry(recipient, now);
    case QueueAction::reroute: return reroute(known.config, to, envelope.origin.tenant, recipient, now);
    case QueueAction::remove: return QueueChange{{recipient.index, std::nullopt}, audit::EventKind::deleted};
  }
  return NoChange::does_not_apply;
}

Result<mail::Hop> parse_hop(const std::string& text) {
  if (text == "mx") return mail::FinalMx{};
  if (const auto endpoint = net::parse_endpoint(text)) return mail::Relay{endpoint->address, endpoint->port, false};
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto host = mail::Domain::parse(text.substr(0, colon));
  const std::string digits = colon < text.size() ? text.substr(colon + 1) : "25";
  unsigned port = 0;
  const auto number = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool is_port = number.ptr == digits.data() + digits.size() && port > 0 && port <= 65535;
  if (!host || host->is_literal() || !is_port) {
    return fail(Errc::invalid, "a reroute goes to mx, or to a relay as HOST, HOST:PORT or ADDRESS:PORT");
  }
  return mail::Relay{host->str(), static_cast<std::uint16_t>(port), false};
}

std::string format_hop(const mail::Hop& hop) {
  const auto* relay = std::get_if<mail::Relay>(&hop);
  return relay == nullptr ? "the recipients' own servers" : relay->host + ":" + std::to_string(relay->port);
}

}  // namespace postern::gateway
