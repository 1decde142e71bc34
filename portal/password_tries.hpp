// Tries at an account's password: ten at once, one more every minute, from whatever networks and for whatever purpose.
// Thread-safe, and slow: called on a pool of few threads.
#pragma once

#include <string_view>
#include <variant>

#include "portal/account.hpp"
#include "portal/throttles.hpp"

namespace postern::portal {

inline constexpr unsigned password_tries = 10;
inline constexpr Duration one_more_password = std::chrono::minutes(1);

class PasswordTries {
 public:
  struct Opened {
    AccountBox box;
    Secret key;  // what the password became
  };
  struct Wrong {};
  struct TooMany {};
  using Answer = std::variant<Opened, Wrong, TooMany, Error>;
  [[nodiscard]] Answer open(const Account& account, std::string_view typed, Time now);
  void forget_old(Time now) { tries_.forget_old(now); }

 private:
  Throttles tries_{password_tries, one_more_password};
};

}  // namespace postern::portal
