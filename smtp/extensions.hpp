// What a host offers in its answer to EHLO, as far as we use it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/address.hpp"

namespace postern::smtp {

/// LIMITS (RFC 9422 §4): what a host takes at once. Nothing: it does not say.
struct Limits {
  std::optional<unsigned> mail_max;         // transactions of a session
  std::optional<unsigned> rcpt_max;         // recipients of a transaction
  std::optional<unsigned> rcpt_domain_max;  // their domains
};

struct Extensions {
  bool starttls = false, pipelining = false, eight_bit = false;
  bool chunking = false;              // BDAT, RFC 3030
  bool dsn = false;                   // RFC 3461
  bool utf8 = false;                  // SMTPUTF8, RFC 6531
  bool requiretls = false;            // REQUIRETLS, RFC 8689; means something inside TLS only
  std::optional<std::uint64_t> size;  // RFC 1870; 0 is "no fixed limit"
  Limits limits;
};

/// `lines` of the reply; the first is the host's name.
[[nodiscard]] Extensions parse_extensions(const std::vector<std::string>& lines);

/// RFC 5321 §4.5.3.1.8: so many any host takes at once. What it refuses beyond its own limit (452) waits for a retry,
/// and thousands of recipients would not get through in the message's lifetime.
inline constexpr unsigned rcpt_max_of_all = 100;
/// Which of these recipients the next transaction may have, by their places, in order. Never none of them.
[[nodiscard]] std::vector<std::size_t> next_transaction(const std::vector<mail::Address>& to, const Limits& limits);

}  // namespace postern::smtp
