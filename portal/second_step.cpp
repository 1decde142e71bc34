#include "portal/second_step.hpp"

#include <algorithm>

#include "portal/deposit.hpp"
#include "portal/token.hpp"

namespace postern::portal {
std::optional<std::string> SecondStep::begin(Halfway halfway, Time now) {
  std::string ticket = make_token(random_);
  const std::lock_guard lock(mutex_);
  if (tickets_.size() >= most_tickets) return std::nullopt;
  tickets_.insert_or_assign(
      digest_of(ticket), Ticket{std::move(halfway), random_octets(random_, challenge_size), 0, now + ticket_lifetime});
  return ticket;
}

SecondStep::Tickets::iterator SecondStep::find(const std::string& lookup, const std::string& ticket, Time now) {
  const auto found = tickets_.find(digest_of(ticket));
  if (found == tickets_.end() || found->second.halfway.lookup != lookup) return tickets_.end();
  if (found->second.until > now) return found;
  tickets_.erase(found);
  return tickets_.end();
}

SecondStep::Account& SecondStep::account_of(const Ticket& ticket, Time now) {
  Account& account = accounts_[ticket.halfway.account];
  while (!account.wrong.empty() && account.wrong.front() + wrong_digits_within <= now)
    account.wrong.pop_front();
  account.until = now + wrong_digits_within;
  return account;
}

std::optional<SecondStep::Asked> SecondStep::asked(const std::string& lookup, const std::string& ticket, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = find(lookup, ticket, now);
  if (found == tickets_.end()) return std::nullopt;
  const Factors& factors = found->second.halfway.factors;
  Asked asked{factors.totp.has_value(), found->second.challenge, {}, ticket_tries - found->second.tries};
  for (const PasskeyFactor& one : factors.passkeys)
    asked.credentials.push_back(one.passkey.id);
  return asked;
}

SecondStep::Answer SecondStep::passed(Tickets::iterator ticket, Used used) {
  Passed passed{std::move(ticket->second.halfway), std::move(used)};
  tickets_.erase(ticket);
  return passed;
}

SecondStep::Answer SecondStep::wrong(Tickets::iterator ticket) {
  const unsigned left = ticket_tries - ++ticket->second.tries;
  if (left == 0) tickets_.erase(ticket);
  return Wrong{left};
}

SecondStep::Answer SecondStep::try_digits(const std::string& lookup, const std::string& ticket, std::string_view typed,
                                          Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = find(lookup, ticket, now);
  if (found == tickets_.end() || !found->second.halfway.factors.totp) return Void{};
  Account& account = account_of(found->second, now);
  if (account.wrong.size() >= wrong_digits_at_once) return TooMany{};
  const TotpFactor& totp = *found->second.halfway.factors.totp;
  // RFC 6238 §5.2: two tickets of one account cannot use one step either.
  const auto step = crypto::check_totp(totp.secret, typed, now, std::max(totp.last_step, account.last_step));
  if (!step) {
    account.wrong.push_back(now);
    return wrong(found);
  }
  account.last_step = *step;
  return passed(found, UsedStep{*step});
}

SecondStep::Answer SecondStep::try_passkey(const std::string& lookup, const std::string& ticket,
                                           std::string_view credential_id, const crypto::Assertion& said, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = find(lookup, ticket, now);
  if (found == tickets_.end() || found->second.halfway.factors.passkeys.empty()) return Void{};
  const std::string challenge = std::exchange(found->second.challenge, random_octets(random_, challenge_size));
  // WebAuthn §7.2 step 5: it is one of the account's.
  const PasskeyFactor* factor = find_passkey(found->second.halfway.factors, credential_id);
  if (factor == nullptr) return wrong(found);
  const auto counter = crypto::check_assertion(rp_, challenge, factor->passkey, said);
  if (!counter) return wrong(found);
  return passed(found, UsedPasskey{factor->passkey.id, *counter});
}

void SecondStep::forget_old(Time now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(tickets_, [now](const auto& entry) { return entry.second.until <= now; });
  std::erase_if(accounts_, [now](const auto& entry) { return entry.second.until <= now; });
}

std::size_t SecondStep::size() const {
  const std::lock_guard lock(mutex_);
  return tickets_.size();
}

}  // namespace postern::portal
