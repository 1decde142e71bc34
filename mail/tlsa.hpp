// A TLSA record (RFC 6698), as it travels from the DNS to the handshake that must match it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::mail {

struct TlsaRecord {
  std::uint8_t usage = 0;     // 2: DANE-TA, 3: DANE-EE (RFC 7218); others are of no use to SMTP
  std::uint8_t selector = 0;  // 0: the certificate, 1: its public key
  std::uint8_t matching = 0;  // 0: all of it, 1: SHA-256, 2: SHA-512
  std::string data;           // octets
  auto operator<=>(const TlsaRecord&) const = default;
};

/// "3 1 1 5f3c…", the form of zone files.
[[nodiscard]] Result<TlsaRecord> parse_tlsa(std::string_view text);
[[nodiscard]] std::string format_tlsa(const TlsaRecord& record);

/// Can SMTP match it (RFC 7672 §3.1)? Whether whole certificates and keys can be read, net::reads_tlsa knows.
[[nodiscard]] bool has_usable_form(const TlsaRecord& record);

}  // namespace postern::mail
