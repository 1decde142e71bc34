// Questions to the configured resolver: UDP with EDNS, TCP when truncated, retries, a deadline, a bounded TTL
// cache with negative answers (RFC 2308). libldns is the codec, net/ the transport.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "mail/evidence.hpp"
#include "net/datagram.hpp"
#include "net/stream.hpp"

namespace postern::discovery {

enum class RecordType : std::uint16_t {
  a = 1,
  cname = 5,
  mx = 15,
  txt = 16,
  aaaa = 28,
  tlsa = 52,
  smimea = 53,
  openpgpkey = 61
};
[[nodiscard]] std::string_view format_record_type(RecordType type);

using mail::DnsStatus;

struct DnsRecord {
  RecordType type = RecordType::a;
  std::uint32_t ttl = 0;
  std::uint16_t preference = 0;  // MX
  // Address, host name in lower case without final dot ("" is the root), text, "3 1 1 ab…"; of SMIMEA and OPENPGPKEY
  // the octets as they are.
  std::string value;
};

struct DnsAnswer {
  DnsStatus status = DnsStatus::failed;
  bool name_exists = false;        // false: NXDOMAIN (only with secure or insecure)
  std::vector<DnsRecord> records;  // of the asked type, CNAMEs followed
  std::string canonical;           // the name that they belong to: the end of the chain of CNAMEs, or the name itself
  std::uint32_t ttl = 0;
  std::string reason;  // for failed and bogus: "no answer within 5 s", "SERVFAIL"
  std::string source;  // "127.0.0.1:53": who said so
  Time at{};

  /// NOERROR or NXDOMAIN; else nothing is known.
  [[nodiscard]] bool answered() const { return status >= DnsStatus::insecure; }
};

/// Of TXT records.
[[nodiscard]] std::vector<std::string> texts_of(const DnsAnswer& answer);
/// What the look-up of `name` showed, kept.
[[nodiscard]] mail::DnsEvidence evidence_of(const std::string& name, RecordType type, const DnsAnswer& answer);

struct ResolverOptions {
  net::Endpoint address{"127.0.0.1", 53};
  bool trust_ad = false;                    // DNSSEC: the resolver validates, and nobody is between it and us
  std::chrono::milliseconds timeout{5000};  // of one try
  unsigned tries = 3;
  std::size_t cache_entries = 10'000;
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual net::awaitable<DnsAnswer> resolve(std::string name, RecordType type) = 0;
};

[[nodiscard]] std::unique_ptr<Resolver> make_resolver(ResolverOptions options, net::DatagramClient& udp,
                                                      net::Dialer& tcp, const Clock& clock, Random& random);

}  // namespace postern::discovery
