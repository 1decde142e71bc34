#include "portal/password_tries.hpp"

#include "portal/password.hpp"

namespace postern::portal {

/// A try is counted before it is computed: many at once are not more than one after the other.
PasswordTries::Answer PasswordTries::open(const Account& account, std::string_view typed, Time now) {
  if (!tries_.allow(account.name, now)) return TooMany{};
  auto key = stretch_password(typed, account.how);
  if (!key) return std::move(key.error());
  auto box = open_box(account, *key);
  if (!box) return Wrong{};
  return Opened{std::move(*box), std::move(*key)};
}

}  // namespace postern::portal
