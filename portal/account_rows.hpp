// Accounts in the portal's database: one row each, sealed under a key from the portal's KEK. A thief of the database
// alone cannot even try passwords.
//
// These throw sql::Fault, as everything does that is done within a session.
#pragma once

#include <optional>
#include <string>

#include "base/random.hpp"
#include "base/secret.hpp"
#include "crypto/sql.hpp"
#include "portal/account.hpp"

namespace postern::portal {

class AccountRows {
 public:
  AccountRows(const Secret& kek, Random& random);

  [[nodiscard]] std::optional<Account> find(crypto::sql::Session& session, const std::string& name) const;
  /// In place of its version, or as a new one (0); then it has the next. False: it is another version by now.
  [[nodiscard]] bool keep(crypto::sql::Session& session, Account& account, Time now) const;
  /// Somebody asked for it. Once a day is often enough.
  static void used(crypto::sql::Session& session, const std::string& name, Time now);
  /// Those that nobody has asked for since.
  static void forget(crypto::sql::Session& session, Time before);

 private:
  Secret key_;
  Random& random_;
};

}  // namespace postern::portal
