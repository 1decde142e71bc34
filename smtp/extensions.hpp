// What a host offers in its answer to EHLO, as far as we use it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace postern::smtp {

struct Extensions {
  bool starttls = false, pipelining = false, eight_bit = false;
  bool dsn = false;                   // RFC 3461
  bool utf8 = false;                  // SMTPUTF8, RFC 6531
  std::optional<std::uint64_t> size;  // RFC 1870; 0 is "no fixed limit"
};

/// `lines` of the reply; the first is the host's name.
[[nodiscard]] Extensions parse_extensions(const std::vector<std::string>& lines);

}  // namespace postern::smtp
