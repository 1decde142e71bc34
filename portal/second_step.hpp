// Between the password and the message, where an account has a second factor: a ticket for ten minutes and five tries,
// with what opens the account's box. In memory alone. Thread-safe, and knows nothing of HTTP.
//
//   auto ticket = steps.begin({lookup, account, box_key, factors}, now);
//   auto asked = steps.asked(lookup, *ticket, now);                       // what the page offers
//   auto answer = steps.try_digits(lookup, *ticket, "123 456", now);      // or try_passkey
//
// A ticket is its link's alone, and is gone when it was right. Whoever has the password can have one ticket after the
// other: wrong digits are counted for the account too, ten in an hour, so that a right guess takes three years.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "crypto/webauthn.hpp"
#include "portal/factors.hpp"

namespace postern::portal {

inline constexpr Duration ticket_lifetime = std::chrono::minutes(10);
inline constexpr unsigned ticket_tries = 5;
inline constexpr std::size_t most_tickets = 10'000;
inline constexpr std::size_t wrong_digits_at_once = 10;
inline constexpr Duration wrong_digits_within = std::chrono::hours(1);
inline constexpr std::size_t challenge_size = 32;  // octets

/// Whose password was right, and behind which link.
struct Halfway {
  std::string lookup;
  std::string account;
  Secret box_key;  // what the password became: it opens the account's box
  Factors factors;
};

class SecondStep {
 public:
  SecondStep(crypto::RelyingParty rp, Random& random) : rp_(std::move(rp)), random_(random) {}

  /// 256 random bits in base64url. Nothing where there are too many.
  [[nodiscard]] std::optional<std::string> begin(Halfway halfway, Time now);

  struct Asked {
    bool app = false;
    std::string challenge;                 // for a passkey
    std::vector<std::string> credentials;  // the passkeys' identifiers
    unsigned tries_left = 0;
  };
  /// Nothing where there is no such ticket of this link, or its time is over.
  [[nodiscard]] std::optional<Asked> asked(const std::string& lookup, const std::string& ticket, Time now);

  struct Passed {
    Halfway halfway;
    Used used;  // to be kept in the account's box as it is now: note()
  };
  struct Wrong {
    unsigned tries_left;  // 0: the ticket is void
  };
  struct TooMany {};  // wrong digits for this account; nothing was tried
  struct Void {};     // there is no such ticket
  using Answer = std::variant<Passed, Wrong, TooMany, Void>;
  [[nodiscard]] Answer try_digits(const std::string& lookup, const std::string& ticket, std::string_view typed,
                                  Time now);
  /// The challenge is used up, whether it was right or not.
  [[nodiscard]] Answer try_passkey(const std::string& lookup, const std::string& ticket, std::string_view credential_id,
                                   const crypto::Assertion& said, Time now);

  void forget_old(Time now);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Ticket {
    Halfway halfway;
    std::string challenge;
    unsigned tries = 0;
    Time until{};
  };
  struct Account {
    std::deque<Time> wrong;       // digits, within the last hour
    std::uint64_t last_step = 0;  // that was used: by another ticket, or before it was kept
    Time until{};
  };
  using Tickets = std::map<std::string, Ticket>;
  [[nodiscard]] Tickets::iterator find(const std::string& lookup, const std::string& ticket, Time now);
  [[nodiscard]] Account& account_of(const Ticket& ticket, Time now);
  [[nodiscard]] Answer passed(Tickets::iterator ticket, Used used);
  [[nodiscard]] Answer wrong(Tickets::iterator ticket);

  crypto::RelyingParty rp_;
  Random& random_;
  mutable std::mutex mutex_;
  Tickets tickets_;  // by SHA-256 of the ticket: a look-up's time says nothing of one
  std::map<std::string, Account> accounts_;
};

}  // namespace postern::portal
