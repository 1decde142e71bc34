#include "gateway/pickup_service.hpp"

#include "base/log.hpp"
#include "gateway/pickup_accounts.hpp"
#include "gateway/pickup_end.hpp"
#include "gateway/pickup_telling.hpp"
#include "gateway/portal_replies.hpp"
#include "gateway/sender_notices.hpp"
#include "net/runtime.hpp"

namespace postern::gateway {
namespace {

using namespace std::chrono_literals;

constexpr Duration longest_wait = 50s;
constexpr std::chrono::seconds pause_after_trouble{5};
constexpr std::chrono::minutes between_looks{5};
constexpr std::size_t at_once = 200;

audit::EventKind kind_of(portal::EventKind kind) {
  switch (kind) {
    case portal::EventKind::code_wanted: return audit::EventKind::code_sent;
    case portal::EventKind::code_wrong:
    case portal::EventKind::password_wrong:
    case portal::EventKind::second_step_wrong: return audit::EventKind::code_wrong;
    case portal::EventKind::second_step_added:
    case portal::EventKind::second_step_removed: return audit::EventKind::second_step_changed;
    case portal::EventKind::password_chosen:
    case portal::EventKind::password_changed:
    case portal::EventKind::password_reset: return audit::EventKind::password_chosen;
    case portal::EventKind::replied: return audit::EventKind::replied;
    case portal::EventKind::opened:
    case portal::EventKind::opened_again: return audit::EventKind::opened;
  }
  return audit::EventKind::opened;
}

/// What was wrong, where it was no code of ours, and what was chosen.
std::string_view reason_of(portal::EventKind kind, spool::PickupProof proof) {
  if (kind == portal::EventKind::password_wrong) return "the recipient's password";
  if (kind == portal::EventKind::second_step_wrong) return "the second step";
  if (kind == portal::EventKind::second_step_added) return "added";
  if (kind == portal::EventKind::second_step_removed) return "removed";
  if (kind == portal::EventKind::password_changed) return "in place of one that was known";
  if (kind == portal::EventKind::password_reset) return "in place of one that was forgotten";
  if (kind == portal::EventKind::code_wrong && proof == spool::PickupProof::passphrase)
    return "the sender's passphrase";
  return "";
}

/// Not of what was there for less time than that before it: who has just been told needs no reminder.
bool is_due_a_reminder(const spool::PickupRecord& pickup, const PickupSettings& settings, Time now) {
  const Time due = pickup.expires - settings.remind;
  return settings.remind > Duration() && !pickup.reminded && due <= now && now < pickup.expires &&
         due - pickup.accepted >= settings.remind;
}

/// When its time is over by the record; the portal has done with it by its own clock.
std::string unread_reason(const spool::PickupRecord& pickup) {
  return "It waited in the portal until " + format_rfc5322(pickup.expires) + " and was not opened";
}

}  // namespace

std::unique_ptr<PickupService> PickupService::open(const Config& config, net::Pool& pool) {
  if (!config.portal.socket) return nullptr;
  return std::make_unique<PickupService>(PortalClient(*config.portal.socket, pool));
}

/// What was collected is acknowledged with the next question: after a crash it is told again.
net::awaitable<void> PickupService::collect(Services& services) {
  std::uint64_t seen = 0;
  bool replies_wait = true;  // of before we were there
  Throttle said{1min};
  for (;;) {
    if (replies_wait) replies_wait = !co_await take_replies(services);
    auto events = co_await client_.collect(seen, longest_wait);
    bool trouble = !events;
    if (!events && said.allow(services.clock.now()))
      log::warning("portal: nothing can be collected: {}", events.error().text);
    if (events) {
      for (portal::PortalEvent& event : *events) {
        const std::uint64_t number = event.number;
        replies_wait |= event.kind == portal::EventKind::replied;
        if (!co_await handle(services, std::move(event))) {
          trouble = true;
          break;
        }
        seen = std::max(seen, number);
      }
    }
    if (trouble) co_await net::sleep_for(pause_after_trouble);
  }
}

/// False where it has to be heard again.
net::awaitable<bool> PickupService::handle(Services& services, portal::PortalEvent event) {
  auto pickup = co_await net::offload(
      services.disk, [&spool = services.spool, lookup = event.lookup] { return spool.pickup(lookup); });
  if (!pickup) co_return pickup.error().code == Errc::not_found;  // it ended meanwhile
  if (event.kind == portal::EventKind::code_wanted && !co_await send_code(services, *pickup, std::move(event.code)))
    co_return true;  // the code is void soon, and there is a button for another
  audit::Event told = event_of_pickup(kind_of(event.kind), event.at, *pickup);
  told.reason = reason_of(event.kind, pickup->proof);
  const bool opened = told.kind == audit::EventKind::opened;
  // Before it is on record: a crash in between tells twice rather than never.
  const bool owes_receipt = opened && !pickup->opened && pickup->receipt;
  if (owes_receipt && !co_await send_receipt(services, *pickup, event.at)) co_return false;
  const Result<void> kept = co_await await_done([&](auto done) {
    services.spool.change_pickup(
        event.lookup,
        [opened, at = event.at](spool::PickupRecord& now) {
          if (opened && !now.opened) now.opened = at;
          if (opened) now.passphrase = Secret();
          return spool::PickupChange::kept;
        },
        {audit::encode_event(told)}, std::move(done));
  });
  if (!kept) co_return kept.error().code == Errc::not_found;
  co_return event.kind != portal::EventKind::password_reset || co_await password_was_reset(services, *pickup);
}

net::awaitable<void> PickupService::expire(Services& services) {
  for (;;) {
    co_await expire_once(services);
    co_await net::sleep_for(between_looks);
  }
}

net::awaitable<void> PickupService::expire_once(Services& services) {
  std::string after;
  for (bool more = true; more;) {
    const auto page = co_await net::offload(
        services.disk, [&spool = services.spool, after] { return spool.list_pickups(after, at_once); });
    if (!page) {
      log::error("what waits in the portal could not be read: {}", page.error().text);
      co_return;
    }
    more = page->size() == at_once;
    for (const spool::PickupRecord& pickup : *page) {
      after = pickup.lookup;
      const PickupSettings settings =
          services.config.pickup_settings_for(pickup.envelope.origin.tenant, pickup.envelope.to.front());
      const bool waits = !pickup.opened && !pickup.notice.empty();
      if (waits && is_due_a_reminder(pickup, settings, services.clock.now()) &&
          !co_await remind_of_pickup(services, pickup))
        log::warning("pick-up {}: its recipient could not be reminded", pickup.lookup);
      if (pickup.expires > services.clock.now()) continue;
      const bool tells = waits && settings.tell_unread;
      const auto kind = pickup.opened ? audit::EventKind::expired : audit::EventKind::unread;
      const auto ended = co_await end_pickup(
          services, pickup, kind, pickup.opened ? "its time in the portal is over" : unread_reason(pickup), tells);
      if (!ended) log::warning("pick-up {} could not be ended: {}", pickup.lookup, ended.error().text);
    }
  }
}

}  // namespace postern::gateway
