// DANE for SMTP (RFC 7672): may a host's TLSA records be asked for, at which names, and what does the answer mean?
// The decisions are pure; `find_dane` makes the look-ups that they call for. The matching is OpenSSL's (net/tls).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "discovery/mx.hpp"
#include "mail/security.hpp"

namespace postern::discovery {

/// A host, as its look-ups left it.
struct DaneHost {
  std::string name;                           // the MX host, or a relay
  std::string canonical;                      // where its addresses are; `name` without CNAMEs
  DnsStatus addresses = DnsStatus::insecure;  // of the address look-ups; the weakest link of a chain of CNAMEs
  bool name_secure = false;                   // the MX records were, or the administrator gave the name
  std::set<std::string> domains;              // the next-hop domain, as asked and with CNAMEs followed
  std::uint16_t port = 25;
};
[[nodiscard]] DaneHost dane_host(const MxHost& host, const MxHosts& of, const std::string& domain, std::uint16_t port);

/// The TLSA base domains to try, in order (RFC 7672 §2.2.2, §2.2.3). Empty: `reason` says why, and nothing is asked.
/// `alias`: the status of the CNAME record at `name` itself, where it has been looked up.
struct BaseDomains {
  std::vector<std::string> names;
  std::string reason;
  bool ask_alias = false;  // the addresses are insecure, but the name may be secure: look up its CNAME, decide again
};
[[nodiscard]] BaseDomains base_domains(const DaneHost& host, std::optional<DnsStatus> alias = {});

/// What the answer for one base domain means. `absent` leaves the next one to be tried.
[[nodiscard]] mail::Dane judge_tlsa(const DaneHost& host, const std::string& base, const DnsAnswer& answer);

[[nodiscard]] std::string tlsa_name(const std::string& base, std::uint16_t port);  // "_25._tcp.mx1.lab.example"

/// With the evidence of the look-ups that it took.
net::awaitable<mail::HostSecurity> find_dane(Resolver& resolver, DaneHost host);

}  // namespace postern::discovery
