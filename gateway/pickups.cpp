#include "gateway/pickups.hpp"

#include <algorithm>
#include <map>

#include "base/log.hpp"
#include "crypto/seal.hpp"
#include "gateway/conversations.hpp"
#include "gateway/notices.hpp"
#include "gateway/own_message.hpp"
#include "gateway/pickup_mail.hpp"
#include "gateway/portal_client.hpp"
#include "gateway/protect.hpp"
#include "gateway/sender_notices.hpp"
#include "gateway/spool_body.hpp"
#include "mail/mdn.hpp"
#include "mail/shown.hpp"
#include "policy/delivery.hpp"
#include "portal/deposit.hpp"
#include "portal/link.hpp"

namespace postern::gateway {
namespace {

constexpr std::string_view notice_listener = "pickup-notice", code_listener = "pickup-code",
                           passphrase_listener = "pickup-passphrase";

using spool::PickupProof;
using Records = std::vector<spool::PickupRecord>;
using Together = std::vector<const spool::PickupRecord*>;

mail::Outcome deferred(std::string reason) {
  mail::Deferred outcome;
  outcome.stage = mail::Stage::deposit;
  outcome.reason = std::move(reason);
  return outcome;
}

mail::Outcome deposited() {
  mail::Delivered outcome;
  outcome.host = "portal";
  return outcome;
}

/// What a message's header says of its pick-ups.
struct Said {
  std::vector<mail::Address> shown;  // whom an answer to all would reach: its recipients in sight, where they are few
  bool receipt = false;              // its sender asks for one
};

/// Blocking.
Said read_header(spool::Spool& spool, const spool::MessageRecord& message) {
  const std::string section = read_section(spool.open_body(message));
  Said said{{}, mail::asks_for_mdn(section)};
  if (message.envelope.to.size() > portal::most_others) return said;
  const mail::ShownRecipients in_sight(section);
  std::ranges::copy_if(message.envelope.to, std::back_inserter(said.shown),
                       [&](const mail::Address& one) { return in_sight.contains(one); });
  return said;
}

spool::PickupRecord new_pickup(const Services& services, const spool::MessageRecord& message,
                               const spool::RecipientRecord& recipient, const QueueId& deposit, const Said& said,
                               const Secret& passphrase, Time now) {
  const PickupSettings settings =
      services.config.pickup_settings_for(message.envelope.origin.tenant, recipient.address);
  spool::PickupRecord pickup;
  pickup.lookup = portal::make_lookup(services.random);
  pickup.deposit = deposit;
  pickup.link = crypto::make_key(services.random);
  pickup.envelope = message.envelope;
  pickup.envelope.to = {recipient.address};
  pickup.envelope.asked = {message.envelope.asked_for(recipient.index)};
  pickup.index = recipient.index;
  pickup.accepted = message.accepted;
  pickup.expires = now + settings.expire;
  pickup.language = settings.language;
  pickup.receipt = settings.receipt == Receipt::always || (settings.receipt == Receipt::asked && said.receipt);
  for (const mail::Address& other : said.shown)
    if (!same_mailbox(other, recipient.address) && !same_mailbox(other, message.envelope.header_from))
      pickup.others.push_back(other);
  pickup.proof = settings.proof;
  if (settings.proof == PickupProof::passphrase) pickup.passphrase = passphrase;
  return pickup;
}

/// One for each recipient, in order: those of an earlier attempt, and new ones that share a deposit.
net::awaitable<Result<Records>> pickups_for(Services& services, const spool::MessageRecord& message,
                                            const std::vector<spool::RecipientRecord>& recipients) {
  const auto known = co_await net::offload(
      services.disk, [&spool = services.spool, id = message.envelope.id] { return spool.pickups_of(id); });
  if (!known) co_return fail(known.error());
  const Time now = services.clock.now();
  const QueueId deposit = QueueId::make(now, services.random);
  const Said said =
      co_await net::offload(services.disk, [&spool = services.spool, message] { return read_header(spool, message); });
  // One for all who wait together: the sender tells one, and what it opens is the same for all of them. Their links are
  // their own.
  const Secret passphrase = portal::make_passphrase(services.random);
  Records all, fresh;
  for (const spool::RecipientRecord& recipient : recipients) {
    const auto found = std::ranges::find(*known, recipient.index, &spool::PickupRecord::index);
    all.push_back(found != known->end() ? *found
                                        : new_pickup(services, message, recipient, deposit, said, passphrase, now));
    if (found == known->end()) fresh.push_back(all.back());
  }
  const Result<void> kept = fresh.empty() ? Result<void>() : co_await await_done([&](auto done) {
    services.spool.keep_pickups(std::move(fresh), std::move(done));
  });
  if (!kept) co_return fail(kept.error());
  co_return all;
}

/// For whom it is, and whether and whom they may answer.
portal::Card card_of(const Services& services, const spool::PickupRecord& pickup) {
  portal::Card card{pickup.envelope.to.front().str(), pickup.language};
  const bool has_sender = !pickup.envelope.header_from.local().empty();
  const bool wanted =
      services.config.pickup_settings_for(pickup.envelope.origin.tenant, pickup.envelope.to.front()).replies;
  card.replies = wanted && has_sender && conversation_address(services, crypto::TokenUse::reply, pickup).has_value();
  for (const mail::Address& other : pickup.others)
    card.others.push_back(other.str());
  return card;
}

/// Those to whom the sender still has to tell it.
Together with_passphrase(const Together& pickups) {
  Together found;
  std::ranges::copy_if(pickups, std::back_inserter(found),
                       [](const spool::PickupRecord* pickup) { return !pickup->passphrase.empty(); });
  return found;
}

net::awaitable<Result<void>> deposit(Services& services, const spool::MessageRecord& message,
                                     const mail::Outbound& outbound, const Together& pickups) {
  // It is there: who has opened it may have used the passphrase up, and without it nothing more is sealed.
  if (std::ranges::any_of(pickups, [](const spool::PickupRecord* pickup) { return pickup->opened.has_value(); }))
    co_return Result<void>();
  std::optional<portal::Stretched> stretched;
  if (const Together told = with_passphrase(pickups); !told.empty()) {
    auto made = co_await services.portal->stretch(told.front()->passphrase, services.random);
    if (!made) co_return fail(made.error());
    stretched = std::move(*made);
  }
  const Secret content = crypto::make_key(services.random);
  portal::Deposit made;
  made.id = pickups.front()->deposit;
  made.tenant = message.envelope.origin.tenant;
  for (const spool::PickupRecord* pickup : pickups) {
    made.expires = std::max(made.expires, pickup->expires);
    const bool by_passphrase = pickup->proof == PickupProof::passphrase;
    if (by_passphrase && !stretched) co_return fail(Errc::corrupt, "the passphrase is gone");
    made.pickups.push_back(portal::make_pickup(made.id, pickup->lookup, pickup->link, content,
                                               card_of(services, *pickup), services.random,
                                               by_passphrase ? stretched : std::nullopt));
  }
  auto body =
      co_await net::offload(services.disk, [&spool = services.spool, message] { return spool.open_body(message); });
  if (!body) co_return fail(body.error());
  co_return co_await services.portal->deposit(outbound, std::move(made), content,
                                              std::shared_ptr<spool::BodyReader>(std::move(*body)));
}

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

/// What does not travel by mail is what opens it there: whoever reads the notice on its way has one half.
NoticeFloor floor_of(const Services& services, const spool::PickupRecord& pickup) {
  if (pickup.proof == PickupProof::passphrase) return NoticeFloor::none;
  return services.config.pickup_settings_for(pickup.envelope.origin.tenant, pickup.envelope.to.front()).notice_floor;
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
  const NoticeFloor floor = floor_of(services, pickup);
  if (floor == NoticeFloor::none && pickup.proof == PickupProof::code)
    log::warning("{} for {} may travel in the clear: portal.notice_floor is none", listener, pickup.envelope.id.str());
  OwnMessage message{
      own_record(services, id, now, std::string(listener), name, tenant->portal->from, to),
      protected_recipient(services, *tenant, to, floor, now),
      compose({tenant->portal->from, tenant->portal->name, to, pickup.language, own_message_id(services, id), now}),
      std::string(listener) + " about " + pickup.envelope.id.str()};
  if (listener == notice_listener)
    message.record.envelope.from = conversation_address(services, crypto::TokenUse::bounce, pickup);
  co_return co_await keep_own_message(services, std::move(message));
}

net::awaitable<Result<void>> change(Services& services, const std::string& lookup, spool::ChangePickup how,
                                    std::vector<spool::EventBytes> events = {}) {
  co_return co_await await_done(
      [&](auto done) { services.spool.change_pickup(lookup, std::move(how), std::move(events), std::move(done)); });
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
    const Result<void> kept = co_await change(services, pickup->lookup, [id](spool::PickupRecord& record) {
      record.passphrase_mail = id;
      return spool::PickupChange::kept;
    });
    if (!kept) co_return false;
    recipients.push_back(pickup->envelope.to.front());
  }
  // An answering machine has the null reverse-path, and somebody who set it up.
  const mail::Address to = first.envelope.from.value_or(first.envelope.header_from);
  const mail::Hop home = tenant->return_route.value_or(tenant->route);
  spool::RecipientRecord recipient = own_recipient(services, name, home, to, now);
  recipient.ladder = policy::passphrase_mail(home);
  const std::string language = services.config.pickup_settings_for(name, to).language;
  OwnMessage message{own_record(services, id, now, std::string(passphrase_listener), name, tenant->portal->from, to),
                     std::move(recipient),
                     format_passphrase_mail(
                         {tenant->portal->from, tenant->portal->name, to, language, own_message_id(services, id), now},
                         first.envelope.message_id, recipients, first.passphrase),
                     std::string(passphrase_listener) + " about " + first.envelope.id.str()};
  co_return co_await keep_own_message(services, std::move(message));
}

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

net::awaitable<bool> untold(Services& services, spool::PickupRecord pickup, std::string who, std::string reason) {
  const auto ended =
      co_await end_pickup(services, std::move(pickup), audit::EventKind::recalled, who + ": " + reason, true);
  co_return ended.has_value();
}

}  // namespace

net::awaitable<std::vector<mail::Outcome>> leave_for_pickup(Services& services, const spool::MessageRecord& message,
                                                            const std::vector<spool::RecipientRecord>& recipients) {
  std::vector<mail::Outcome> outcomes(recipients.size(), deferred("there is no portal"));
  if (services.portal == nullptr) co_return outcomes;
  const auto outbound = Protector(services.config.hostname).protect_for_pickup(message, recipients);
  if (!outbound) co_return std::vector<mail::Outcome>(recipients.size(), deferred(outbound.error().text));
  const auto pickups = co_await pickups_for(services, message, recipients);
  if (!pickups) co_return std::vector<mail::Outcome>(recipients.size(), deferred(pickups.error().text));

  std::map<QueueId, std::vector<std::size_t>> by_deposit;
  for (std::size_t i = 0; i < pickups->size(); ++i)
    by_deposit[(*pickups)[i].deposit].push_back(i);
  for (const auto& [id, places] : by_deposit) {
    Together together;
    for (const std::size_t i : places)
      together.push_back(&(*pickups)[i]);
    Result<void> kept = co_await deposit(services, message, *outbound, together);
    if (kept && !co_await tell_passphrases(services, together))
      kept = fail(Errc::unavailable, "the mail with the passphrase could not be kept");
    for (const std::size_t i : places) {
      if (!kept) {
        outcomes[i] = deferred(kept.error().text);
      } else if (co_await notify_of_pickup(services, (*pickups)[i]) &&
                 co_await tell_sender_it_waits(services, (*pickups)[i])) {
        outcomes[i] = deposited();
      } else {
        outcomes[i] = deferred("the notice could not be kept");
      }
    }
  }
  co_return outcomes;
}

/// On record before it is in the queue: one that fails at once is known for what it is.
net::awaitable<bool> notify_of_pickup(Services& services, spool::PickupRecord pickup, bool again) {
  const QueueId id = QueueId::make(services.clock.now(), services.random);
  const Result<void> kept = co_await change(services, pickup.lookup, [id](spool::PickupRecord& now) {
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
  const Result<void> kept = co_await change(services, pickup.lookup, [now = services.clock.now()](auto& record) {
    record.reminded = now;
    return spool::PickupChange::kept;
  });
  co_return kept || kept.error().code == Errc::not_found;
}

net::awaitable<bool> send_receipt(Services& services, spool::PickupRecord pickup, Time opened) {
  const std::string& name = pickup.envelope.origin.tenant;
  const TenantConfig* tenant = services.config.tenant(name);
  if (tenant == nullptr || !tenant->portal || !pickup.envelope.from) co_return true;
  mail::Mdn mdn;
  mdn.hostname = services.config.hostname;
  mdn.to = *pickup.envelope.from;
  mdn.from = tenant->portal->from;
  mdn.recipient = pickup.envelope.to.front();
  mdn.orcpt = pickup.envelope.asked_for(0).orcpt;
  mdn.about_message_id = pickup.envelope.message_id;
  mdn.opened = opened;
  mdn.now = services.clock.now();
  const QueueId id = QueueId::make(mdn.now, services.random);
  mdn.message_id = own_message_id(services, id);
  OwnMessage receipt{own_record(services, id, mdn.now, "pickup-receipt", name, mdn.from, mdn.to),
                     own_recipient(services, name, tenant->return_route.value_or(tenant->route), mdn.to, mdn.now),
                     mail::format_mdn(mdn), "receipt about " + pickup.envelope.id.str()};
  receipt.record.envelope.parameters.eight_bit = !is_ascii(receipt.text);
  co_return co_await keep_own_message(services, std::move(receipt));
}

net::awaitable<bool> tell_passphrases(Services& services, std::vector<const spool::PickupRecord*> pickups) {
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

net::awaitable<Result<void>> recall_by_sender(Services& services, spool::PickupRecord pickup) {
  if (!co_await tell_sender_it_was_recalled(services, pickup))
    co_return fail(Errc::unavailable, "its sender could not be told");
  co_return co_await end_pickup(services, std::move(pickup), audit::EventKind::recalled, "by its sender", false);
}

net::awaitable<Result<void>> extend_pickup(Services& services, spool::PickupRecord pickup, Time until) {
  if (services.portal == nullptr) co_return fail(Errc::unavailable, "there is no portal");
  const Result<void> extended = co_await services.portal->extend(pickup.deposit, until);
  if (!extended) co_return extended;
  audit::Event event = event_of_pickup(audit::EventKind::extended, services.clock.now(), pickup);
  event.reason = "until " + format_rfc3339(until);
  co_return co_await change(services, pickup.lookup,
                            [until](spool::PickupRecord& now) {
                              now.expires = std::max(now.expires, until);
                              now.reminded.reset();
                              return spool::PickupChange::kept;
                            },
                            {audit::encode_event(event)});
}

net::awaitable<bool> send_code(Services& services, spool::PickupRecord pickup, std::string code) {
  const QueueId id = QueueId::make(services.clock.now(), services.random);
  co_return co_await tell_recipient(services, pickup, code_listener, id,
                                    [&code](const PickupMail& mail) { return format_pickup_code(mail, code); });
}

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
      co_await change(services, pickup.lookup, [](spool::PickupRecord&) { return spool::PickupChange::gone; },
                      {audit::encode_event(event)});
  if (!gone && gone.error().code != Errc::not_found) co_return fail(gone.error());
  co_return Result<void>();
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
