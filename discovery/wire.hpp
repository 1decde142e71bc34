// DNS messages: a question to bytes, bytes to an answer. The only place that knows libldns.
// `decode_answer` reads hostile bytes; what it gives is bounded by the message (64 KiB).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "discovery/dns.hpp"

namespace postern::discovery {

/// With EDNS (1,232 octets over UDP, what passes every path unfragmented). `want_dnssec` sets DO and AD.
[[nodiscard]] Result<std::string> encode_query(std::string_view name, RecordType type, std::uint16_t id,
                                               bool want_dnssec);

/// Is `answer` a response with the id and the question of `query`? RFC 5452 §9.1.
[[nodiscard]] bool answers_query(std::string_view query, std::string_view answer);

struct WireAnswer {
  bool truncated = false;
  bool authenticated = false;  // the AD bit
  int code = 0;                // RCODE
  int extended_error = -1;     // RFC 8914; -1: none
  std::vector<DnsRecord> records;
  std::string canonical;  // where the chain of aliases ends
  std::uint32_t ttl = 0;  // least of what the answer rests on; of the SOA for a negative one (RFC 2308 §5)
};

[[nodiscard]] Result<WireAnswer> decode_answer(std::string_view bytes, std::string_view name, RecordType type);

[[nodiscard]] std::string format_dns_code(int code);  // "SERVFAIL"

}  // namespace postern::discovery
