// Networks that a domain publishes in its SPF record (RFC 7208), for a list of networks and not for the judgement of a
// mail: who sends from where is read, who may send is not asked.
//
//   const auto record = parse_spf("v=spf1 ip4:192.0.2.0/24 include:spf.example -all");
//   const auto found  = co_await find_spf_networks(resolver, "spf.protection.outlook.com");
//
// A list must hold all or nothing of what was published: whatever is no plain network (a, mx, ptr, exists, macros, a
// qualifier that takes something away), whatever cannot be looked up, and whatever is void is an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "discovery/dns.hpp"

namespace postern::discovery {

struct SpfRecord {
  std::vector<std::string> networks;  // "192.0.2.0/24", as inet_ntop writes it, no bits behind the prefix
  std::vector<std::string> includes;
  std::string redirect;  // empty: none
};
[[nodiscard]] Result<SpfRecord> parse_spf(std::string_view text);

/// The one of a domain's TXT records that is an SPF record (§4.5).
[[nodiscard]] Result<SpfRecord> parse_spf_records(const std::vector<std::string>& records);

struct SpfNetworks {
  std::vector<std::string> networks;  // each once, never none
  std::uint32_t ttl = 0;              // the least of all records
};
inline constexpr unsigned most_spf_lookups = 10;  // §4.6.4: include and redirect, beside the first record

net::awaitable<Result<SpfNetworks>> find_spf_networks(Resolver& resolver, std::string domain);

}  // namespace postern::discovery
