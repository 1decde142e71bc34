#include "gateway/pickup_end.hpp"

#include <algorithm>

#include "gateway/notices.hpp"
#include "gateway/pickup_telling.hpp"
#include "gateway/portal_client.hpp"

namespace postern::gateway {
namespace {

spool::MessageRecord message_of(const spool::PickupRecord& pickup) {
  spool::MessageRecord message;
  message.envelope = pickup.envelope;
  message.accepted = pickup.accepted;
  return message;
}

std::string who_is_untold(const spool::PickupRecord& pickup, const QueueId& mail) {
  return pickup.passphrase_mail == mail ? "its sender could not be told the passphrase"
                                        : "its recipient could not be told";
}

/// Mail from nobody stays in the portal, with an event: nobody is there to be told, and to send it again. An operator
/// tells its recipient once more, or takes it back.
net::awaitable<bool> keep_from_nobody(Services& services, spool::PickupRecord pickup, std::string reason) {
  audit::Event event = event_of_pickup(audit::EventKind::held, services.clock.now(), pickup);
  event.reason = std::move(reason);
  const Result<void> kept =
      co_await change_pickup(services, pickup.lookup, [](spool::PickupRecord&) { return spool::PickupChange::kept; },
                             {audit::encode_event(event)});
  co_return kept || kept.error().code == Errc::not_found;
}

net::awaitable<bool> untold(Services& services, spool::PickupRecord pickup, std::string who, std::string reason) {
  if (!pickup.envelope.from)
    co_return co_await keep_from_nobody(services, std::move(pickup), who + ": " + reason + "; its sender is nobody");
  const auto ended =
      co_await end_pickup(services, std::move(pickup), audit::EventKind::recalled, who + ": " + reason, true);
  co_return ended.has_value();
}

}  // namespace

/// The sender first: a crash in between tells twice rather than never.
net::awaitable<Result<void>> end_pickup(Services& services, spool::PickupRecord pickup, audit::EventKind kind,
                                        std::string reason, bool tell_sender) {
  const mail::RecipientParameters asked = pickup.envelope.asked_for(0);
  if (tell_sender && asked.wants_failure()) {
    mail::DsnRecipient told{
        pickup.envelope.to.front(), mail::DsnAction::failed, {5, 4, 7}, reason, {}, {}, asked.orcpt};
    if (!co_await notify_sender(services, message_of(pickup), {std::move(told)}))
      co_return fail(Errc::unavailable, "its sender could not be told");
  }
  if (services.portal != nullptr) {
    const auto revoked = co_await services.portal->revoke({pickup.lookup});
    if (!revoked) co_return fail(revoked.error());
  }
  audit::Event event = event_of_pickup(kind, services.clock.now(), pickup);
  event.reason = reason;
  const Result<void> gone =
      co_await change_pickup(services, pickup.lookup, [](spool::PickupRecord&) { return spool::PickupChange::gone; },
                             {audit::encode_event(event)});
  if (!gone && gone.error().code != Errc::not_found) co_return fail(gone.error());
  co_return Result<void>();
}

net::awaitable<bool> pickup_notice_failed(Services& services, QueueId notice, std::string reason) {
  const auto found =
      co_await net::offload(services.disk, [&spool = services.spool, notice] { return spool.pickups_of(notice); });
  if (!found) co_return false;
  for (const spool::PickupRecord& pickup : *found)
    if (!co_await untold(services, pickup, who_is_untold(pickup, notice), reason)) co_return false;
  co_return true;
}

net::awaitable<bool> pickup_notice_came_back(Services& services, std::string lookup, std::string reason) {
  const auto pickup =
      co_await net::offload(services.disk, [&spool = services.spool, lookup] { return spool.pickup(lookup); });
  if (!pickup) co_return pickup.error().code == Errc::not_found;  // it is over
  if (pickup->opened) co_return true;                             // another one of its notices has arrived
  co_return co_await untold(services, *pickup, "its recipient could not be told", std::move(reason));
}

net::awaitable<bool> passphrase_came_back(Services& services, std::string lookup, std::string reason) {
  const auto pickup =
      co_await net::offload(services.disk, [&spool = services.spool, lookup] { return spool.pickup(lookup); });
  if (!pickup) co_return pickup.error().code == Errc::not_found;
  const QueueId mail = pickup->passphrase_mail;
  const auto together =
      co_await net::offload(services.disk, [&spool = services.spool, mail] { return spool.pickups_of(mail); });
  if (!together) co_return false;
  for (const spool::PickupRecord& one : *together) {
    if (one.opened) continue;  // they were told
    if (!co_await untold(services, one, who_is_untold(one, mail), reason)) co_return false;
  }
  co_return true;
}

net::awaitable<Result<void>> extend_pickup(Services& services, spool::PickupRecord pickup, Time until) {
  if (services.portal == nullptr) co_return fail(Errc::unavailable, "there is no portal");
  const Result<void> extended = co_await services.portal->extend(pickup.deposit, until);
  if (!extended) co_return extended;
  audit::Event event = event_of_pickup(audit::EventKind::extended, services.clock.now(), pickup);
  event.reason = "until " + format_rfc3339(until);
  co_return co_await change_pickup(services, pickup.lookup,
                                   [until](spool::PickupRecord& now) {
                                     now.expires = std::max(now.expires, until);
                                     now.reminded.reset();
                                     return spool::PickupChange::kept;
                                   },
                                   {audit::encode_event(event)});
}

audit::Event event_of_pickup(audit::EventKind kind, Time at, const spool::PickupRecord& pickup) {
  audit::Event event;
  event.kind = kind;
  event.at = at;
  event.queue_id = pickup.envelope.id;
  event.message_id = pickup.envelope.message_id;
  event.tenant = pickup.envelope.origin.tenant;
  event.sender = pickup.envelope.from ? pickup.envelope.from->str() : "";
  event.recipient = pickup.envelope.to.front().str();
  event.route = mail::format_route(mail::Portal{});
  return event;
}

}  // namespace postern::gateway
