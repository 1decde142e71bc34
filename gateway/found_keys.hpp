// From what a source of keys gave to records for the key store: each candidate read, as hostile bytes, and bound to the
// one address that was asked for. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "crypto/key_record.hpp"
#include "discovery/key_source.hpp"
#include "mail/address.hpp"

namespace postern::gateway {

struct FoundKeys {
  std::vector<crypto::KeyRecord> keys;
  std::string refused;  // why others of them are none, in one line without the address
};

/// An OpenPGP key counts where a user id of it names the address; whether a certificate does is judged when it is used.
[[nodiscard]] FoundKeys read_found(const discovery::KeyAnswer& answer, discovery::KeyOrigin origin,
                                   const mail::Address& address, Time now);

}  // namespace postern::gateway
