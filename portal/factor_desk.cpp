#include "portal/factor_desk.hpp"

#include "base/base64.hpp"
#include "base/log.hpp"
#include "crypto/seal.hpp"
#include "portal/password.hpp"
#include "portal/responses.hpp"

namespace postern::portal {
namespace {

constexpr int attempts = 3;  // while others change the account too

net::HttpResult over(const Look& look) {
  return page(lost_page(look, Lost::session_over), 403);
}

net::HttpResult trouble_page(const Look& look, const Error& error) {
  if (error.code == Errc::denied) return over(look);  // it was changed meanwhile, so that this came too late
  log::error("portal: an account cannot be used: {}", error.text);
  return page(lost_page(look, Lost::trouble), 503);
}

unsigned status_of(ChangeTrouble trouble) {
  return trouble == ChangeTrouble::too_many ? 429 : 200;
}

Form form_of(const char* what, std::vector<std::pair<std::string, std::string>> hidden = {}) {
  return {std::string(sign_in_path) + "/" + what, std::move(hidden)};
}

/// What WebAuthn calls a user handle: nothing in it says whose it is (§14.6.1).
std::string user_handle(const std::string& account) {
  return crypto::sha256(account);
}

std::string which_of(const std::optional<std::string>& passkey) {
  return passkey ? format_base64url(*passkey) : "app";
}

}  // namespace

FactorDesk::FactorDesk(crypto::RelyingParty rp, Store& store, Happenings& happenings, Sessions& sessions,
                       PasswordTries& passwords, const Clock& clock, Random& random)
    : rp_(std::move(rp)),
      store_(store),
      happenings_(happenings),
      sessions_(sessions),
      passwords_(passwords),
      clock_(clock),
      random_(random),
      steps_(rp_, random),
      enrolments_(random) {}

// At the door

net::HttpResult FactorDesk::ask(const Entry& entry, const std::string& account, Secret key, Factors factors) {
  const auto ticket = steps_.begin({entry.link.lookup, account, std::move(key), std::move(factors)}, clock_.now());
  if (!ticket) return trouble_page(entry.look, {Errc::limit, "too many are at their second step"});
  return second_page(entry, *ticket, SecondStepPage::Trouble::none, 200);
}

net::HttpResult FactorDesk::second_page(const Entry& entry, const std::string& ticket, SecondStepPage::Trouble trouble,
                                        unsigned status) {
  const auto asked = steps_.asked(entry.link.lookup, ticket, clock_.now());
  if (!asked) return over(entry.look);
  Form form = form_to(entry.link, "second");
  form.hidden.emplace_back("ticket", ticket);
  SecondStepPage shown{.trouble = trouble, .tries_left = asked->tries_left};
  if (asked->app) shown.digits = form;
  if (asked->credentials.empty()) return page(second_step_page(entry.look, shown), status);
  shown.passkeys = {{rp_.id, asked->challenge, asked->credentials}, form};
  return scripted_page(second_step_page(entry.look, shown), status);
}

std::variant<FactorDesk::In, net::HttpResult> FactorDesk::answer(const Entry& entry, const Second& said) {
  using Trouble = SecondStepPage::Trouble;
  const std::string& lookup = entry.link.lookup;
  const SecondStep::Answer answered =
      said.digits ? steps_.try_digits(lookup, said.ticket, *said.digits, clock_.now())
                  : steps_.try_passkey(lookup, said.ticket, said.credential, said.assertion, clock_.now());
  if (const auto* passed = std::get_if<SecondStep::Passed>(&answered)) {
    auto in = keep(passed->halfway.account, passed->halfway.box_key, std::nullopt, lookup,
                   [passed](Factors& factors) { return note(factors, passed->used); });
    if (!in) return trouble_page(entry.look, in.error());
    return std::move(*in);
  }
  if (const auto* wrong = std::get_if<SecondStep::Wrong>(&answered)) {
    happenings_.recorded(store_.record(EventKind::second_step_wrong, lookup));
    if (wrong->tries_left == 0) return page(lost_page(entry.look, Lost::too_many), 429);
    return second_page(entry, said.ticket, said.digits ? Trouble::wrong_digits : Trouble::wrong_passkey, 200);
  }
  if (std::holds_alternative<SecondStep::TooMany>(answered))
    return second_page(entry, said.ticket, Trouble::too_many, 429);
  return over(entry.look);
}

/// Of the account as it is now: what others changed since is kept.
Result<FactorDesk::In> FactorDesk::keep(const std::string& name, const Secret& key, std::optional<EventKind> kind,
                                        const std::string& lookup, const Alter& alter) {
  for (int attempt = 1;; ++attempt) {
    const auto account = store_.account(name);
    if (!account) return fail(account.error());
    if (!*account) return fail(Errc::denied, "there is no such account any more");
    auto box = open_box(**account, key);
    if (!box) return fail(Errc::denied, "another password was chosen meanwhile");
    if (!alter(box->factors)) return fail(Errc::denied, "the second step was changed meanwhile");
    In in{**account, std::move(*box)};
    seal_box(in.account, in.box, key, random_);
    const auto kept = store_.keep_account(in.account, kind, lookup);
    if (kept) {
      happenings_.stored();
      return in;
    }
    if (kept.error().code != Errc::denied || attempt == attempts) return fail(kept.error());
  }
}

// Inside

net::HttpResult FactorDesk::show(const Insider& insider) const {
  const KnownFactors& known = insider.how.factors;
  SignInPage shown{
      .address = insider.session.card.recipient, .password_since = insider.how.password_since, .back_path = "/read"};
  if (known.app) {
    shown.app = {*known.app, form_of("ask-remove", {{"which", which_of(std::nullopt)}})};
  } else {
    shown.add_app = form_of("new-app");
  }
  for (const auto& [id, since] : known.passkeys)
    shown.passkeys.push_back({since, form_of("ask-remove", {{"which", which_of(id)}})});
  shown.change_password = form_of("ask-password");
  if (known.passkeys.size() < most_passkeys) shown.add_passkey = form_of("new-passkey");
  return page(sign_in_page(insider.look, shown));
}

net::HttpResult FactorDesk::change(const Insider& insider, const Change& said) {
  switch (said.what) {
    case Change::What::new_app: return new_app(insider);
    case Change::What::new_passkey: return new_passkey(insider, ChangeTrouble::none);
    case Change::What::ask_remove: return remove_page(insider, said.passkey, ChangeTrouble::none);
    case Change::What::ask_password: return password_page(insider, ChangeTrouble::none, PasswordFault::none);
    case Change::What::password: return change_password(insider, said);
    case Change::What::add_app: return add_app(insider, said);
    case Change::What::add_passkey: return add_passkey(insider, said);
    case Change::What::remove: return remove(insider, said);
  }
  return over(insider.look);
}

std::optional<FactorDesk::Enrolment> FactorDesk::enrolment_of(const Insider& insider, const std::string& ticket) const {
  auto found = enrolments_.find(ticket, clock_.now());
  if (found && found->session != insider.token) found.reset();
  return found;
}

net::HttpResult FactorDesk::new_app(const Insider& insider) {
  const Secret totp = crypto::make_totp_secret(random_);
  const auto ticket = enrolments_.issue({insider.token, totp, {}}, clock_.now());
  if (!ticket) return trouble_page(insider.look, {Errc::limit, "too many are adding apps"});
  return app_page(insider, *ticket, totp, ChangeTrouble::none);
}

net::HttpResult FactorDesk::app_page(const Insider& insider, const std::string& ticket, const Secret& totp,
                                     ChangeTrouble trouble) const {
  const std::string& address = insider.session.card.recipient;
  return page(add_app_page(insider.look, {.masked = masked(address),
                                          .uri = crypto::totp_uri(insider.look.brand.name, address, totp),
                                          .key = crypto::totp_text(totp),
                                          .add = form_of("add-app", {{"ticket", ticket}}),
                                          .back_path = std::string(sign_in_path),
                                          .trouble = trouble}),
              status_of(trouble));
}

net::HttpResult FactorDesk::new_passkey(const Insider& insider, ChangeTrouble trouble) {
  const std::string challenge = random_octets(random_, challenge_size);
  const auto ticket = enrolments_.issue({insider.token, {}, challenge}, clock_.now());
  if (!ticket) return trouble_page(insider.look, {Errc::limit, "too many are adding passkeys"});
  const std::string& address = insider.session.card.recipient;
  PasskeyCall call{rp_.id, challenge, {}, insider.look.brand.name, address, user_handle(insider.how.account)};
  for (const auto& [id, since] : insider.how.factors.passkeys)
    call.credentials.push_back(id);
  return scripted_page(add_passkey_page(insider.look, {.masked = masked(address),
                                                       .call = std::move(call),
                                                       .add = form_of("add-passkey", {{"ticket", *ticket}}),
                                                       .back_path = std::string(sign_in_path),
                                                       .trouble = trouble}),
                       status_of(trouble));
}

net::HttpResult FactorDesk::remove_page(const Insider& insider, const std::optional<std::string>& passkey,
                                        ChangeTrouble trouble) const {
  RemoveFactorPage shown{.masked = masked(insider.session.card.recipient),
                         .remove = form_of("remove", {{"which", which_of(passkey)}}),
                         .back_path = std::string(sign_in_path),
                         .trouble = trouble};
  for (const auto& [id, since] : insider.how.factors.passkeys)
    if (id == passkey) shown.passkey_since = since;
  if (passkey ? !shown.passkey_since : !insider.how.factors.app)
    return see_other(std::string(sign_in_path));  // it is gone
  return page(remove_factor_page(insider.look, shown), status_of(trouble));
}

std::variant<FactorDesk::Shown, net::HttpResult, ChangeTrouble> FactorDesk::password_of(const Insider& insider,
                                                                                        std::string_view typed) {
  auto account = store_.account(insider.how.account);
  if (!account) return trouble_page(insider.look, account.error());
  if (!*account) return over(insider.look);
  PasswordTries::Answer tried = passwords_.open(**account, typed, clock_.now());
  if (const auto* error = std::get_if<Error>(&tried)) return trouble_page(insider.look, *error);
  if (std::holds_alternative<PasswordTries::TooMany>(tried)) return ChangeTrouble::too_many;
  if (auto* opened = std::get_if<PasswordTries::Opened>(&tried)) return Shown{std::move(**account), std::move(*opened)};
  happenings_.recorded(store_.record(EventKind::password_wrong, insider.session.lookup));
  return ChangeTrouble::wrong_password;
}

std::variant<net::HttpResult, ChangeTrouble> FactorDesk::with_password(const Insider& insider, std::string_view typed,
                                                                       EventKind kind, const Alter& alter) {
  auto shown = password_of(insider, typed);
  if (const auto* trouble = std::get_if<ChangeTrouble>(&shown)) return *trouble;
  if (auto* answer = std::get_if<net::HttpResult>(&shown)) return std::move(*answer);
  const auto in = keep(insider.how.account, std::get<Shown>(shown).opened.key, kind, insider.session.lookup, alter);
  if (!in) return trouble_page(insider.look, in.error());
  return back_to_sign_in(insider, in->account, in->box);
}

net::HttpResult FactorDesk::back_to_sign_in(const Insider& insider, const Account& account, const AccountBox& box) {
  sessions_.know(insider.token, {account.name, account.since, known_of(box.factors)});
  return see_other(std::string(sign_in_path));
}

net::HttpResult FactorDesk::add_app(const Insider& insider, const Change& said) {
  const auto enrolment = enrolment_of(insider, said.ticket);
  if (!enrolment || enrolment->totp.empty()) return over(insider.look);
  const auto step = crypto::check_totp(enrolment->totp, said.digits, clock_.now());
  if (!step) return app_page(insider, said.ticket, enrolment->totp, ChangeTrouble::refused);
  const TotpFactor made{enrolment->totp, *step, clock_.now()};
  auto done = with_password(insider, said.password, EventKind::second_step_added, [&made](Factors& factors) {
    if (factors.totp) return false;
    factors.totp = made;
    return true;
  });
  if (const auto* trouble = std::get_if<ChangeTrouble>(&done))
    return app_page(insider, said.ticket, enrolment->totp, *trouble);
  enrolments_.end(said.ticket);
  return std::get<net::HttpResult>(std::move(done));
}

/// Each challenge is good once, whatever became of it.
net::HttpResult FactorDesk::add_passkey(const Insider& insider, const Change& said) {
  const auto enrolment = enrolment_of(insider, said.ticket);
  if (!enrolment || enrolment->challenge.empty()) return over(insider.look);
  enrolments_.end(said.ticket);
  auto passkey = crypto::read_registration(rp_, enrolment->challenge, said.registration);
  if (!passkey) return new_passkey(insider, ChangeTrouble::refused);
  const PasskeyFactor made{std::move(*passkey), clock_.now()};
  auto done = with_password(insider, said.password, EventKind::second_step_added, [&made](Factors& factors) {
    // WebAuthn §7.1 step 17: one that is there already is not added again.
    if (factors.passkeys.size() >= most_passkeys || find_passkey(factors, made.passkey.id) != nullptr) return false;
    factors.passkeys.push_back(made);
    return true;
  });
  if (const auto* trouble = std::get_if<ChangeTrouble>(&done)) return new_passkey(insider, *trouble);
  return std::get<net::HttpResult>(std::move(done));
}

net::HttpResult FactorDesk::remove(const Insider& insider, const Change& said) {
  auto done = with_password(insider, said.password, EventKind::second_step_removed, [&said](Factors& factors) {
    if (!said.passkey) return std::exchange(factors.totp, std::nullopt).has_value();
    return std::erase_if(factors.passkeys, [&](const PasskeyFactor& one) { return one.passkey.id == *said.passkey; }) >
           0;
  });
  if (const auto* trouble = std::get_if<ChangeTrouble>(&done)) return remove_page(insider, said.passkey, *trouble);
  return std::get<net::HttpResult>(std::move(done));
}

net::HttpResult FactorDesk::password_page(const Insider& insider, ChangeTrouble trouble, PasswordFault fault) const {
  return page(change_password_page(insider.look, {.masked = masked(insider.session.card.recipient),
                                                  .shortest = shortest_password,
                                                  .change = form_of("password"),
                                                  .back_path = std::string(sign_in_path),
                                                  .trouble = trouble,
                                                  .fault = fault}),
              status_of(trouble));
}

/// The account stays what it is, so that all that waits for it opens as before.
net::HttpResult FactorDesk::change_password(const Insider& insider, const Change& said) {
  const std::vector<std::string> known = guessable(insider.session.card.recipient, insider.look.brand);
  if (const PasswordFault fault = judge_password(said.chosen, said.again, known); fault != PasswordFault::none)
    return password_page(insider, ChangeTrouble::none, fault);
  auto shown = password_of(insider, said.password);
  if (const auto* trouble = std::get_if<ChangeTrouble>(&shown))
    return password_page(insider, *trouble, PasswordFault::none);
  if (auto* answer = std::get_if<net::HttpResult>(&shown)) return std::move(*answer);
  auto& [account, opened] = std::get<Shown>(shown);
  if (const auto made = set_password(account, opened.box, said.chosen, clock_.now(), random_); !made)
    return trouble_page(insider.look, made.error());
  const auto kept = store_.keep_account(account, EventKind::password_changed, insider.session.lookup);
  if (!kept) return trouble_page(insider.look, kept.error());
  happenings_.stored();
  return back_to_sign_in(insider, account, opened.box);
}

void FactorDesk::forget_old(Time now) {
  steps_.forget_old(now);
  enrolments_.forget_old(now);
}

}  // namespace postern::portal
