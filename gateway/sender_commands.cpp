#include "gateway/sender_commands.hpp"

#include "base/log.hpp"
#include "gateway/pickup_end.hpp"
#include "gateway/pickup_telling.hpp"
#include "gateway/replies.hpp"
#include "gateway/sender_notices.hpp"
#include "mail/identity.hpp"

namespace postern::gateway {
namespace {

using Flag = bool spool::PickupRecord::*;

net::awaitable<Result<void>> mark(Services& services, const std::string& lookup, Flag flag) {
  co_return co_await change_pickup(services, lookup, [flag](spool::PickupRecord& record) {
    record.*flag = true;
    return spool::PickupChange::kept;
  });
}

Result<void> unless(bool done, const char* what) {
  if (done) return {};
  return fail(Errc::unavailable, what);
}

/// The sender first: a crash in between tells twice rather than never.
net::awaitable<Result<void>> recall(Services& services, spool::PickupRecord pickup) {
  const bool told = co_await tell_sender_it_was_recalled(services, pickup);
  if (!told) co_return fail(Errc::unavailable, "its sender could not be told");
  co_return co_await end_pickup(services, std::move(pickup), audit::EventKind::recalled, "by its sender", false);
}

/// For as long again as such a message waits.
net::awaitable<Result<void>> extend(Services& services, spool::PickupRecord pickup) {
  const PickupSettings settings =
      services.config.pickup_settings_for(pickup.envelope.origin.tenant, pickup.envelope.to.front());
  const std::string lookup = pickup.lookup;
  const Result<void> done = co_await extend_pickup(services, std::move(pickup), services.clock.now() + settings.expire);
  if (!done) co_return done;
  co_return co_await mark(services, lookup, &spool::PickupRecord::extended_by_sender);
}

net::awaitable<Result<void>> resend(Services& services, spool::PickupRecord pickup) {
  const bool told = co_await tell_passphrases(services, {&pickup}) && co_await notify_of_pickup(services, pickup, true);
  const Result<void> done = unless(told, "the notice could not be kept");
  if (!done) co_return done;
  co_return co_await mark(services, pickup.lookup, &spool::PickupRecord::resent_by_sender);
}

}  // namespace

bool is_command(crypto::TokenUse use) {
  using crypto::TokenUse;
  return use == TokenUse::recall || use == TokenUse::extend || use == TokenUse::resend;
}

bool may_command(const spool::PickupRecord& pickup, const mail::ReversePath& from, const mail::HeaderView& headers) {
  const auto header_from = mail::parse_from(headers);
  return header_from && same_mailbox(*header_from, pickup.envelope.header_from) && from && pickup.envelope.from &&
         same_mailbox(*from, *pickup.envelope.from);
}

net::awaitable<mail::Reply> obey(Services& services, SenderCommand command) {
  spool::PickupRecord& pickup = command.pickup;
  const std::string number = pickup.envelope.id.str();
  Result<void> done;
  switch (command.use) {
    case crypto::TokenUse::recall: done = co_await recall(services, std::move(pickup)); break;
    case crypto::TokenUse::extend:
      if (pickup.extended_by_sender) co_return replies::command_used();
      done = co_await extend(services, std::move(pickup));
      break;
    case crypto::TokenUse::resend:
      if (pickup.resent_by_sender) co_return replies::command_used();
      done = co_await resend(services, std::move(pickup));
      break;
    case crypto::TokenUse::bounce:
    case crypto::TokenUse::passphrase:
    case crypto::TokenUse::reply: co_return replies::no_such_conversation();
  }
  if (done) co_return replies::command_done();
  log::warning("{}: what its sender asks for by mail cannot be done now: {}", number, done.error().text);
  co_return replies::not_kept();
}

}  // namespace postern::gateway
