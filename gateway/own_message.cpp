#include "gateway/own_message.hpp"

#include "base/log.hpp"
#include "gateway/events.hpp"
#include "net/runtime.hpp"
#include "policy/delivery.hpp"

namespace postern::gateway {
Result<std::unique_ptr<spool::Incoming>> write_body(spool::Spool& spool, const QueueId& id, const std::string& text) {
  auto begun = spool.begin(id);
  if (!begun) return fail(begun.error());
  if (auto appended = (*begun)->append(text); !appended) return fail(appended.error());
  if (auto finished = (*begun)->finish(); !finished) return fail(finished.error());
  return begun;
}

net::awaitable<bool> keep_own_message(Services& services, OwnMessage message) {
  const QueueId id = message.record.envelope.id;
  audit::Event event =
      event_about(audit::EventKind::accepted, message.record.accepted, message.record, message.recipient);
  event.reason = message.subject;
  auto incoming = co_await net::offload(services.disk, [&spool = services.spool, id, text = std::move(message.text)] {
    return write_body(spool, id, text);
  });
  if (!incoming) {
    log::error("the {} could not be written: {}", message.subject, incoming.error().text);
    co_return false;
  }
  message.record.size = event.size = (*incoming)->size();
  auto start = [&spool = services.spool, incoming = std::move(*incoming), record = std::move(message.record),
                recipient = std::move(message.recipient), event = audit::encode_event(event)](auto done) mutable {
    spool.commit(std::move(incoming), std::move(record), {std::move(recipient)}, {std::move(event)}, {},
                 std::move(done));
  };
  const Result<void> kept = co_await await_done(std::move(start));
  if (!kept) log::error("the {} was not kept: {}", message.subject, kept.error().text);
  co_return kept.has_value();
}

spool::MessageRecord own_record(const Services& services, QueueId id, Time now, const std::string& listener,
                                const std::string& tenant, const mail::Address& header_from, const mail::Address& to) {
  spool::MessageRecord record;
  record.envelope.id = std::move(id);
  record.envelope.to = {to};
  record.envelope.peer.listener = listener;
  record.envelope.peer.helo = services.config.hostname;
  record.envelope.origin = {tenant, {listener}};
  record.envelope.header_from = header_from;
  record.envelope.message_id = own_message_id(services, record.envelope.id);
  record.envelope.parameters.utf8 = record.envelope.utf8_headers = !to.is_ascii();
  record.accepted = now;
  return record;
}

spool::RecipientRecord own_recipient(const Services& services, const std::string& tenant, mail::Hop hop,
                                     const mail::Address& to, Time now) {
  mail::Capabilities capabilities;
  capabilities.hop = std::move(hop);
  spool::RecipientRecord record;
  record.address = to;
  record.ladder = policy::ladder(record.verdict, capabilities, services.config.settings_for(tenant, to));
  record.state = spool::Queued{now};
  return record;
}

std::string own_message_id(const Services& services, const QueueId& id) {
  return "<" + id.str() + "@" + services.config.hostname + ">";
}

}  // namespace postern::gateway
