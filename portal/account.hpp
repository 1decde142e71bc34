// What a recipient of a tenant has chosen: a password, and what it locks up. Later messages are sealed for the
// account's open half (portal/deposit.hpp); its secret half is in a box that the password alone opens. Nobody can tell
// a password again or set it back: a new one is a new account, and what waited for the old one stays shut.
//
//   NewAccount made = *make_account({name, "clinic"}, typed, now, random);
//   auto key = stretch_password(typed, made.account.how);  auto box = open_box(made.account, *key);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/codec.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "crypto/argon2.hpp"
#include "crypto/x25519.hpp"
#include "portal/factors.hpp"

namespace postern::portal {

struct Account {
  std::string name;  // opaque: posternd's, from tenant and address
  std::string tenant;
  std::string half;           // the open one
  crypto::Stretching how;     // the password becomes the box's key
  std::string box;            // sealed: an AccountBox
  Time since{};               // the password was chosen
  std::uint64_t version = 0;  // of the store's row; 0: it is not kept yet
};

struct AccountBox {
  Secret secret_half;
  Factors factors = {};
};

struct NewAccount {
  Account account;
  AccountBox box;
};
/// Takes a while, and `cost` of memory. Errc::unavailable: there is no such memory.
[[nodiscard]] Result<NewAccount> make_account(std::string name, std::string tenant, std::string_view password,
                                              const crypto::Argon2Cost& cost, Time now, Random& random);

/// `stretched`: what stretch_password made of it. Errc::corrupt: it is another password.
[[nodiscard]] Result<AccountBox> open_box(const Account& account, const Secret& stretched);
void seal_box(Account& account, const AccountBox& box, const Secret& stretched, Random& random);

/// Another password for the same account. Takes as long as the one before did.
[[nodiscard]] Result<void> set_password(Account& account, const AccountBox& box, std::string_view password, Time now,
                                        Random& random);

/// All of it but its name and version, which are the row's.
void encode(Writer& out, const Account& account);
[[nodiscard]] Account decode_account(Reader& in);

}  // namespace postern::portal
