// Tries at the sender's passphrase: ten at once for a pick-up, one more every minute, from whatever networks; a
// network's own limit is the site's. Only whoever has a link that is good gets as far as this, so strangers cost no
// Argon2. Thread-safe, and slow: called on a pool of few threads (portal_daemon.cpp), since each try takes 64 MiB.
#pragma once

#include <string_view>
#include <variant>

#include "portal/deposit.hpp"
#include "portal/throttles.hpp"

namespace postern::portal {

inline constexpr unsigned passphrase_tries = 10;
inline constexpr Duration one_more_passphrase = std::chrono::minutes(1);

class Unlocking {
 public:
  struct Nothing {};  // no letter was typed: as a scanner does
  struct Wrong {};
  struct TooMany {};
  using Answer = std::variant<Secret, Nothing, Wrong, TooMany, Error>;
  /// The content key of a pick-up whose card says `how`.
  [[nodiscard]] Answer open(const Pickup& pickup, const Stretching& how, const Secret& link, std::string_view typed,
                            Time now);
  void forget_old(Time now) { tries_.forget_old(now); }

 private:
  Throttles tries_{passphrase_tries, one_more_passphrase};
};

}  // namespace postern::portal
