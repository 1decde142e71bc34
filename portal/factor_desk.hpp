// The second step of those who have set one up, and where they do that. An app and passkeys are kept in the account's
// box, which the password alone opens: each change takes it.
//
//   desk.ask(entry, account, key, factors)       // the password was right: the page of the second step
//   desk.answer(entry, second)                   // In, or a page
//   desk.show(insider), desk.change(insider, change)
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "net/http_server.hpp"
#include "portal/entry.hpp"
#include "portal/happenings.hpp"
#include "portal/pages_factors.hpp"
#include "portal/password_tries.hpp"
#include "portal/second_step.hpp"
#include "portal/sessions.hpp"
#include "portal/tickets.hpp"

namespace postern::portal {

/// Somebody who reads their message.
struct Insider {
  const std::string& token;  // of their session
  const Session& session;
  const SignedIn& how;
  Look look;
};

class FactorDesk {
 public:
  FactorDesk(crypto::RelyingParty rp, Store& store, Happenings& happenings, Sessions& sessions,
             PasswordTries& passwords, const Clock& clock, Random& random);

  // At the door
  [[nodiscard]] net::HttpResult ask(const Entry& entry, const std::string& account, Secret key, Factors factors);
  /// The account as it is kept now: with the step, or the counter, that was used.
  struct In {
    Account account;
    AccountBox box;
  };
  [[nodiscard]] std::variant<In, net::HttpResult> answer(const Entry& entry, const Second& said);

  // Inside
  [[nodiscard]] net::HttpResult show(const Insider& insider) const;
  [[nodiscard]] net::HttpResult change(const Insider& insider, const Change& change);

  void forget_old(Time now);

 private:
  /// An app or a passkey that is about to be added, by one session.
  struct Enrolment {
    std::string session;
    Secret totp;
    std::string challenge;
  };
  using Alter = std::function<bool(Factors&)>;

  [[nodiscard]] net::HttpResult second_page(const Entry& entry, const std::string& ticket,
                                            SecondStepPage::Trouble trouble, unsigned status);
  [[nodiscard]] Result<In> keep(const std::string& account, const Secret& key, std::optional<EventKind> kind,
                                const std::string& lookup, const Alter& alter);
  [[nodiscard]] std::optional<Enrolment> enrolment_of(const Insider& insider, const std::string& ticket) const;

  [[nodiscard]] net::HttpResult new_app(const Insider& insider);
  [[nodiscard]] net::HttpResult new_passkey(const Insider& insider, ChangeTrouble trouble);
  [[nodiscard]] net::HttpResult app_page(const Insider& insider, const std::string& ticket, const Secret& totp,
                                         ChangeTrouble trouble) const;
  [[nodiscard]] net::HttpResult remove_page(const Insider& insider, const std::optional<std::string>& passkey,
                                            ChangeTrouble trouble) const;
  [[nodiscard]] net::HttpResult add_app(const Insider& insider, const Change& said);
  [[nodiscard]] net::HttpResult add_passkey(const Insider& insider, const Change& said);
  [[nodiscard]] net::HttpResult remove(const Insider& insider, const Change& said);
  [[nodiscard]] net::HttpResult password_page(const Insider& insider, ChangeTrouble trouble, PasswordFault fault) const;
  [[nodiscard]] net::HttpResult change_password(const Insider& insider, const Change& said);
  /// Whoever knows the password.
  struct Shown {
    Account account;
    PasswordTries::Opened opened;
  };
  [[nodiscard]] std::variant<Shown, net::HttpResult, ChangeTrouble> password_of(const Insider& insider,
                                                                                std::string_view typed);
  [[nodiscard]] net::HttpResult back_to_sign_in(const Insider& insider, const Account& account, const AccountBox& box);
  /// The page on from here, or what is wrong with the password.
  [[nodiscard]] std::variant<net::HttpResult, ChangeTrouble> with_password(const Insider& insider,
                                                                           std::string_view typed, EventKind kind,
                                                                           const Alter& alter);

  crypto::RelyingParty rp_;
  Store& store_;
  Happenings& happenings_;
  Sessions& sessions_;
  PasswordTries& passwords_;
  const Clock& clock_;
  Random& random_;
  SecondStep steps_;
  Tickets<Enrolment> enrolments_;
};

}  // namespace postern::portal
