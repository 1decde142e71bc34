#include "gateway/pickup_telling.hpp"

#include <algorithm>
#include <map>

#include "base/log.hpp"
#include "gateway/conversations.hpp"
#include "gateway/own_message.hpp"
#include "gateway/pickup_mail.hpp"
#include "policy/delivery.hpp"
#include "portal/link.hpp"

namespace postern::gateway {
namespace {

constexpr std::string_view notice_listener = "pickup-notice", code_listener = "pickup-code",
                           passphrase_listener = "pickup-passphrase", reset_listener = "pickup-password";

using spool::PickupProof;

/// Protected like what it leads to: by TLS to the end, or not at all (docs/threats.md).
spool::RecipientRecord protected_recipient(const Services& services, const TenantConfig& tenant,
                                           const mail::Address& to, NoticeFloor floor, Time now) {
  spool::RecipientRecord record;
  record.address = to;
  record.state = spool::Queued{now};
  if (floor == NoticeFloor::none) return own_recipient(services, tenant.tenant.name, tenant.route, to, now);
  record.verdict.action = mail::Action::protect;
  record.verdict.methods = {mail::Method::tls};
  record.ladder = policy::pickup_notice(tenant.route);
  return record;
}

NoticeFloor wanted_floor(const Services& services, const spool::PickupRecord& pickup) {
  return services.config.pickup_settings_for(pickup.envelope.origin.tenant, pickup.envelope.to.front()).notice_floor;
}

/// Of a mail that says the link. Where what opens it besides does not travel by mail, whoever reads that on its way has
/// one half.
NoticeFloor link_floor(const Services& services, const spool::PickupRecord& pickup) {
  const bool has_another_key = pickup.proof == PickupProof::passphrase || !pickup.account_half.empty();
  return has_another_key ? NoticeFloor::none : wanted_floor(services, pickup);
}

/// In whose name is spoken. Null where that is over.
const TenantConfig* tenant_of(const Services& services, const spool::PickupRecord& pickup) {
  const std::string& name = pickup.envelope.origin.tenant;
  const TenantConfig* tenant = services.config.tenant(name);
  if (tenant != nullptr && tenant->portal) return tenant;
  log::error("pick-up {}: tenant {} has no portal any more", pickup.lookup, name);
  return nullptr;
}

/// In the tenant's name to the pick-up's recipient.
net::awaitable<bool> tell_recipient(Services& services, const spool::PickupRecord& pickup, std::string_view listener,
                                    QueueId id, std::function<std::string(const PickupMail&)> compose) {
  const TenantConfig* tenant = tenant_of(services, pickup);
  if (tenant == nullptr) co_return false;
  const std::string& name = tenant->tenant.name;
  const Time now = services.clock.now();
  const mail::Address& to = pickup.envelope.to.front();
  const NoticeFloor wanted = wanted_floor(services, pickup);
  const NoticeFloor floor = listener == notice_listener ? link_floor(services, pickup) : wanted;
  if (floor == NoticeFloor::none && wanted == NoticeFloor::none)
    log::warning("{} for {} may travel in the clear: portal.notice_floor is none", listener, pickup.envelope.id.str());
  OwnMessage message{own_record(services, id, now, std::string(listener), name, tenant->portal->from, to),
                     protected_recipient(services, *tenant, to, floor, now),
                     compose({tenant->portal->from, tenant->portal->name, to, pickup.language,
                              own_message_id(services, id), now, tenant->portal->colour, tenant->portal->logo}),
                     std::string(listener) + " about " + pickup.envelope.id.str()};
  if (listener == notice_listener)
    message.record.envelope.from = conversation_address(services, crypto::TokenUse::bounce, pickup);
  co_return co_await keep_own_message(services, std::move(message));
}

/// Of a deposit. On record before it is in the queue, like the notice.
net::awaitable<bool> tell_passphrase(Services& services, const Together& pickups) {
  const spool::PickupRecord& first = *pickups.front();
  const TenantConfig* tenant = tenant_of(services, first);
  if (tenant == nullptr) co_return false;
  const std::string& name = tenant->tenant.name;
  const Time now = services.clock.now();
  const QueueId id = QueueId::make(now, services.random);
  std::vector<mail::Address> recipients;
  for (const spool::PickupRecord* pickup : pickups) {
    const Result<void> kept = co_await change_pickup(services, pickup->lookup, [id](spool::PickupRecord& record) {
      record.passphrase_mail = id;
      return spool::PickupChange::kept;
    });
    if (!kept) co_return false;
    recipients.push_back(pickup->envelope.to.front());
  }
  // An answering machine has the null reverse-path, and somebody who set it up.
  const mail::Address to = first.envelope.from.value_or(first.envelope.header_from);
  const mail::Hop home = tenant->way_home();
  spool::RecipientRecord recipient = own_recipient(services, name, home, to, now);
  recipient.ladder = policy::passphrase_mail(home);
  const std::string language = services.config.pickup_settings_for(name, to).language;
  OwnMessage message{own_record(services, id, now, std::string(passphrase_listener), name, tenant->portal->from, to),
                     std::move(recipient),
                     format_passphrase_mail(
                         {tenant->portal->from, tenant->portal->name, to, language, own_message_id(services, id), now},
                         first.envelope.message_id, recipients, first.passphrase),
                     std::string(passphrase_listener) + " about " + first.envelope.id.str()};
  message.record.envelope.from = conversation_address(services, crypto::TokenUse::passphrase, first);
  co_return co_await keep_own_message(services, std::move(message));
}

}  // namespace

/// On record before it is in the queue: one that fails at once is known for what it is.
net::awaitable<bool> notify_of_pickup(Services& services, spool::PickupRecord pickup, bool again) {
  const QueueId id = QueueId::make(services.clock.now(), services.random);
  const Result<void> kept = co_await change_pickup(services, pickup.lookup, [id](spool::PickupRecord& now) {
    now.notice = id;
    return spool::PickupChange::kept;
  });
  if (!kept) co_return false;
  const std::string link = portal::format_link(services.config.portal.url, pickup.lookup, pickup.link);
  co_return co_await tell_recipient(services, pickup, notice_listener, id, [&](const PickupMail& mail) {
    return format_pickup_notice(mail, pickup.envelope.header_from, link, pickup.expires, pickup.proof, again);
  });
}

net::awaitable<bool> remind_of_pickup(Services& services, spool::PickupRecord pickup) {
  if (!co_await notify_of_pickup(services, pickup, true)) co_return false;
  const Result<void> kept = co_await change_pickup(services, pickup.lookup, [now = services.clock.now()](auto& record) {
    record.reminded = now;
    return spool::PickupChange::kept;
  });
  co_return kept || kept.error().code == Errc::not_found;
}

net::awaitable<bool> send_code(Services& services, spool::PickupRecord pickup, std::string code) {
  const QueueId id = QueueId::make(services.clock.now(), services.random);
  co_return co_await tell_recipient(services, pickup, code_listener, id,
                                    [&code](const PickupMail& mail) { return format_pickup_code(mail, code); });
}

net::awaitable<bool> tell_password_was_reset(Services& services, spool::PickupRecord pickup) {
  const QueueId id = QueueId::make(services.clock.now(), services.random);
  co_return co_await tell_recipient(services, pickup, reset_listener, id,
                                    [](const PickupMail& mail) { return format_password_reset(mail); });
}

/// Those to whom the sender still has to tell it.
Together with_passphrase(const Together& pickups) {
  Together found;
  std::ranges::copy_if(pickups, std::back_inserter(found),
                       [](const spool::PickupRecord* pickup) { return !pickup->passphrase.empty(); });
  return found;
}

net::awaitable<bool> tell_passphrases(Services& services, Together pickups) {
  std::map<QueueId, Together> by_deposit;
  for (const spool::PickupRecord* pickup : with_passphrase(pickups))
    by_deposit[pickup->deposit].push_back(pickup);
  for (const auto& [id, together] : by_deposit)
    if (!co_await tell_passphrase(services, together)) co_return false;
  co_return true;
}

bool is_pickup_notice(const spool::MessageRecord& message) {
  const std::string& listener = message.envelope.peer.listener;
  return listener == notice_listener || listener == passphrase_listener;
}

net::awaitable<Result<void>> change_pickup(Services& services, const std::string& lookup, spool::ChangePickup how,
                                           std::vector<spool::EventBytes> events) {
  co_return co_await await_done(
      [&](auto done) { services.spool.change_pickup(lookup, std::move(how), std::move(events), std::move(done)); });
}

}  // namespace postern::gateway
