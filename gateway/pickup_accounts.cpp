#include "gateway/pickup_accounts.hpp"

#include "base/base64.hpp"
#include "base/log.hpp"
#include "crypto/hmac.hpp"
#include "gateway/pickup_end.hpp"
#include "gateway/pickup_telling.hpp"
#include "gateway/portal_client.hpp"

namespace postern::gateway {
namespace {

constexpr std::string_view purpose = "postern portal account 1";  // begins like no token (crypto/token_address.hpp)
constexpr std::size_t at_once = 200;
constexpr const char* why =
    "Its recipient has forgotten their password in the portal and chosen another one, so what waited for them cannot "
    "be "
    "opened any more. Please send it again";

bool has_password(const spool::PickupRecord& pickup) {
  return pickup.proof == spool::PickupProof::password;
}

bool is_of_the_same_account(const spool::PickupRecord& a, const spool::PickupRecord& b) {
  return has_password(a) && has_password(b) && a.envelope.origin.tenant == b.envelope.origin.tenant &&
         same_mailbox(a.envelope.to.front(), b.envelope.to.front());
}

}  // namespace

std::string account_name(const Services& services, const spool::PickupRecord& pickup) {
  const mail::Address& address = pickup.envelope.to.front();
  Writer text;
  text.bytes(purpose);
  text.bytes(pickup.envelope.origin.tenant);
  text.bytes(lowered(address.local()));
  text.bytes(address.domain().str());
  const crypto::Mac mac = crypto::hmac_sha256(services.token_key, text.take());
  return format_base64url(std::string_view(reinterpret_cast<const char*>(mac.data()), mac.size()));
}

net::awaitable<Result<void>> find_accounts(Services& services, std::vector<spool::PickupRecord>& pickups) {
  std::vector<std::string> names;
  for (const spool::PickupRecord& pickup : pickups)
    if (has_password(pickup)) names.push_back(account_name(services, pickup));
  if (names.empty()) co_return Result<void>();
  const auto halves = co_await services.portal->find_accounts(std::move(names));
  if (!halves) co_return fail(halves.error());
  auto half = halves->begin();
  for (spool::PickupRecord& pickup : pickups)
    if (has_password(pickup) && half != halves->end()) pickup.account_half = *half++;
  co_return Result<void>();
}

/// The one at which it happened ends last: without it, the rest would not be told again after a crash.
net::awaitable<bool> password_was_reset(Services& services, spool::PickupRecord at) {
  std::vector<spool::PickupRecord> now{at};
  if (const auto found = co_await find_accounts(services, now); !found) co_return false;
  if (!co_await tell_password_was_reset(services, at)) co_return false;
  const auto is_outdated = [&](const spool::PickupRecord& pickup) {
    return !pickup.account_half.empty() && pickup.account_half != now.front().account_half &&
           is_of_the_same_account(pickup, at);
  };
  std::string after;
  for (bool more = true; more;) {
    const auto page = co_await net::offload(
        services.disk, [&spool = services.spool, after] { return spool.list_pickups(after, at_once); });
    if (!page) co_return false;
    more = page->size() == at_once;
    for (const spool::PickupRecord& pickup : *page) {
      after = pickup.lookup;
      if (!is_outdated(pickup) || pickup.lookup == at.lookup) continue;
      const auto ended = co_await end_pickup(services, pickup, audit::EventKind::recalled, why, !pickup.opened);
      if (!ended) co_return false;
    }
  }
  if (!is_outdated(at)) co_return true;
  const auto ended = co_await end_pickup(services, at, audit::EventKind::recalled, why, !at.opened);
  co_return ended.has_value();
}

}  // namespace postern::gateway
