#include "gateway/pickups.hpp"

#include <algorithm>
#include <map>

#include "crypto/seal.hpp"
#include "gateway/conversations.hpp"
#include "gateway/pickup_accounts.hpp"
#include "gateway/pickup_telling.hpp"
#include "gateway/portal_client.hpp"
#include "gateway/protect.hpp"
#include "gateway/sender_notices.hpp"
#include "gateway/spool_body.hpp"
#include "mail/mdn.hpp"
#include "mail/shown.hpp"
#include "portal/deposit.hpp"

namespace postern::gateway {
namespace {

using Records = std::vector<spool::PickupRecord>;

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
  if (settings.proof == spool::PickupProof::passphrase) pickup.passphrase = passphrase;
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
  if (const auto found = co_await find_accounts(services, fresh); !found) co_return fail(found.error());
  for (spool::PickupRecord& pickup : all)
    if (const auto same = std::ranges::find(fresh, pickup.lookup, &spool::PickupRecord::lookup); same != fresh.end())
      pickup = *same;
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
  const auto besides = [&](const spool::PickupRecord& pickup) -> Result<portal::Besides> {
    switch (pickup.proof) {
      case spool::PickupProof::code: return portal::Besides();
      case spool::PickupProof::passphrase:
        if (!stretched) return fail(Errc::corrupt, "the passphrase is gone");
        return *stretched;
      case spool::PickupProof::password: {
        auto lock = portal::lock_for({account_name(services, pickup), pickup.account_half}, services.random);
        if (!lock) return fail(lock.error());
        return std::move(*lock);
      }
    }
    return fail(Errc::invalid, "an unknown proof");
  };
  const Secret content = crypto::make_key(services.random);
  portal::Deposit made;
  made.id = pickups.front()->deposit;
  made.tenant = message.envelope.origin.tenant;
  for (const spool::PickupRecord* pickup : pickups) {
    made.expires = std::max(made.expires, pickup->expires);
    const auto besides_link = besides(*pickup);
    if (!besides_link) co_return fail(besides_link.error());
    made.pickups.push_back(portal::make_pickup(made.id, pickup->lookup, pickup->link, content,
                                               card_of(services, *pickup), services.random, *besides_link));
  }
  auto body =
      co_await net::offload(services.disk, [&spool = services.spool, message] { return spool.open_body(message); });
  if (!body) co_return fail(body.error());
  co_return co_await services.portal->deposit(outbound, std::move(made), content,
                                              std::shared_ptr<spool::BodyReader>(std::move(*body)));
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

}  // namespace postern::gateway
