// Where a recipient shows the password that they chose, or chooses one: after a code, for that asks who is there.
//
//   desk.way_in(entry)                              // the page behind the link; nothing: they have no password yet
//   desk.choosing(entry)                            // the code was right
//   desk.choose(entry, ticket, typed, again)        // Unlocked, or a page
//   desk.sign_in(entry, typed)                      // Unlocked, or a page: that of the second step too
//   desk.second(entry, said)                        // Unlocked, or a page
//
// Slow where a password is tried or chosen, as passphrases are: called on a pool of few threads.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "net/http_server.hpp"
#include "portal/entry.hpp"
#include "portal/factor_desk.hpp"
#include "portal/happenings.hpp"
#include "portal/password_tries.hpp"
#include "portal/tickets.hpp"

namespace postern::portal {

/// In: what is to be read, and by whom.
struct Unlocked {
  Secret content;
  SignedIn how;
};
using Answered = std::variant<Unlocked, net::HttpResult>;

class AccountDesk {
 public:
  AccountDesk(Store& store, Happenings& happenings, PasswordTries& passwords, FactorDesk& factors, const Clock& clock,
              Random& random, crypto::Argon2Cost cost);

  [[nodiscard]] std::optional<net::HttpResult> way_in(const Entry& entry) const;
  [[nodiscard]] net::HttpResult choosing(const Entry& entry);
  [[nodiscard]] Answered choose(const Entry& entry, const std::string& ticket, std::string_view typed,
                                std::string_view again);
  [[nodiscard]] Answered sign_in(const Entry& entry, std::string_view typed);
  [[nodiscard]] Answered second(const Entry& entry, const Second& said);
  void forget_old(Time now);

 private:
  /// Who has typed the code of this pick-up, and when which account was there.
  struct Shown {
    std::string lookup;
    std::uint64_t version = 0;
  };
  [[nodiscard]] net::HttpResult password_page_for(const Entry& entry, PasswordPage::Trouble trouble) const;
  [[nodiscard]] net::HttpResult choose_page_for(const Entry& entry, const std::string& ticket, bool anew,
                                                PasswordFault fault) const;
  [[nodiscard]] Answered opened(const Entry& entry, const Account& account, const AccountBox& box);

  Store& store_;
  Happenings& happenings_;
  PasswordTries& passwords_;
  FactorDesk& factors_;
  const Clock& clock_;
  Random& random_;
  crypto::Argon2Cost cost_;
  Tickets<Shown> tickets_;
};

}  // namespace postern::portal
