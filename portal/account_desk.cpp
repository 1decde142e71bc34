#include "portal/account_desk.hpp"

#include "base/log.hpp"
#include "portal/password.hpp"
#include "portal/responses.hpp"

namespace postern::portal {
namespace {

net::HttpResult trouble(const Entry& entry, const Error& error) {
  log::error("portal: an account cannot be used: {}", error.text);
  return page(lost_page(entry.look, Lost::trouble), 503);
}

net::HttpResult outdated(const Entry& entry) {
  return page(outdated_page(entry.look));
}

/// It was sealed for an account that is there no longer, or for none, where now there is one: then a password is asked
/// for all the same.
bool is_outdated(const AccountLock& lock, const std::optional<Account>& account) {
  return !lock.half.empty() && (!account || account->half != lock.half);
}

}  // namespace

AccountDesk::AccountDesk(Store& store, Happenings& happenings, PasswordTries& passwords, FactorDesk& factors,
                         const Clock& clock, Random& random, crypto::Argon2Cost cost)
    : store_(store),
      happenings_(happenings),
      passwords_(passwords),
      factors_(factors),
      clock_(clock),
      random_(random),
      cost_(cost),
      tickets_(random) {}

std::optional<net::HttpResult> AccountDesk::way_in(const Entry& entry) const {
  const auto account = store_.account(entry.card.account->account);
  if (!account) return trouble(entry, account.error());
  if (is_outdated(*entry.card.account, *account)) return outdated(entry);
  if (!*account) return std::nullopt;
  return password_page_for(entry, PasswordPage::Trouble::none);
}

net::HttpResult AccountDesk::choosing(const Entry& entry) {
  const auto account = store_.account(entry.card.account->account);
  if (!account) return trouble(entry, account.error());
  const auto ticket = tickets_.issue({entry.link.lookup, *account ? (*account)->version : 0}, clock_.now());
  if (!ticket) return trouble(entry, {Errc::limit, "too many are choosing passwords"});
  return choose_page_for(entry, *ticket, account->has_value(), PasswordFault::none);
}

Answered AccountDesk::choose(const Entry& entry, const std::string& ticket, std::string_view typed,
                             std::string_view again) {
  const auto shown = tickets_.find(ticket, clock_.now());
  if (!shown || shown->lookup != entry.link.lookup) return page(lost_page(entry.look, Lost::session_over), 403);
  const bool anew = shown->version > 0;
  if (const PasswordFault fault = judge_password(typed, again, guessable(entry.card.recipient, entry.look.brand));
      fault != PasswordFault::none)
    return choose_page_for(entry, ticket, anew, fault);
  tickets_.end(ticket);
  auto made = make_account(entry.card.account->account, entry.found.tenant, typed, cost_, clock_.now(), random_);
  if (!made) return trouble(entry, made.error());
  made->account.version = shown->version;
  const EventKind kind = anew ? EventKind::password_reset : EventKind::password_chosen;
  if (const auto kept = store_.keep_account(made->account, kind, entry.link.lookup); !kept) {
    if (kept.error().code != Errc::denied) return trouble(entry, kept.error());
    return page(lost_page(entry.look, Lost::session_over), 403);  // somebody else has chosen one meanwhile
  }
  happenings_.stored();
  return opened(entry, made->account, made->box);
}

Answered AccountDesk::sign_in(const Entry& entry, std::string_view typed) {
  using Trouble = PasswordPage::Trouble;
  const auto account = store_.account(entry.card.account->account);
  if (!account) return trouble(entry, account.error());
  if (!*account || typed.empty() || is_outdated(*entry.card.account, *account))
    return page(lost_page(entry.look, Lost::bad_request), 400);
  PasswordTries::Answer tried = passwords_.open(**account, typed, clock_.now());
  if (const auto* error = std::get_if<Error>(&tried)) return trouble(entry, *error);
  if (std::holds_alternative<PasswordTries::TooMany>(tried)) return password_page_for(entry, Trouble::too_many);
  if (std::holds_alternative<PasswordTries::Wrong>(tried)) {
    happenings_.recorded(store_.record(EventKind::password_wrong, entry.link.lookup));
    return password_page_for(entry, Trouble::wrong);
  }
  auto& [box, key] = std::get<PasswordTries::Opened>(tried);
  if (box.factors.empty()) return opened(entry, **account, box);
  return factors_.ask(entry, (*account)->name, std::move(key), std::move(box.factors));
}

Answered AccountDesk::second(const Entry& entry, const Second& said) {
  auto answer = factors_.answer(entry, said);
  if (const auto* in = std::get_if<FactorDesk::In>(&answer)) return opened(entry, in->account, in->box);
  return std::get<net::HttpResult>(std::move(answer));
}

/// What was deposited before there was a password is opened by the link alone: from now on it takes the password too.
Answered AccountDesk::opened(const Entry& entry, const Account& account, const AccountBox& box) {
  const AccountLock& lock = *entry.card.account;
  if (is_outdated(lock, account)) return outdated(entry);
  auto content = open_content(entry.found.pickup, entry.link.secret, lock, {box.secret_half, account.half});
  if (!content) return trouble(entry, content.error());
  if (lock.half.empty()) {
    auto locked = lock_for({account.name, account.half}, random_);
    if (!locked) return trouble(entry, locked.error());
    const Pickup pickup = make_pickup(entry.found.deposit, entry.link.lookup, entry.link.secret, *content, entry.card,
                                      random_, std::move(*locked));
    if (const auto replaced = store_.replace(entry.found.deposit, pickup); !replaced)
      return trouble(entry, replaced.error());
  }
  return Unlocked{std::move(*content), {account.name, account.since, known_of(box.factors)}};
}

net::HttpResult AccountDesk::password_page_for(const Entry& entry, PasswordPage::Trouble why) const {
  const bool slow_down = why == PasswordPage::Trouble::too_many;
  net::HttpResult result =
      page(password_page(entry.look, {masked(entry.card.recipient), entry.found.expires, form_to(entry.link, "sign-in"),
                                      form_to(entry.link, "code"), why}),
           slow_down ? 429 : 200);
  if (slow_down) result.fields.emplace_back("Retry-After", "60");
  return result;
}

net::HttpResult AccountDesk::choose_page_for(const Entry& entry, const std::string& ticket, bool anew,
                                             PasswordFault fault) const {
  Form choose = form_to(entry.link, "choose");
  choose.hidden.emplace_back("ticket", ticket);
  return page(choose_page(entry.look, {entry.card.recipient, masked(entry.card.recipient), shortest_password, anew,
                                       std::move(choose), fault}));
}

void AccountDesk::forget_old(Time now) {
  tickets_.forget_old(now);
}

}  // namespace postern::portal
