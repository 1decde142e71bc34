// `postern probe`: what can this recipient receive? The look-ups and the decisions are the gateway's own; each mail
// host is asked on a real session, which ends before MAIL: greeting, EHLO, STARTTLS, EHLO, QUIT. No mail is sent.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "discovery/dns.hpp"
#include "discovery/sts_lookup.hpp"
#include "gateway/key_search.hpp"
#include "gateway/recipients.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"

namespace postern::gateway {

struct ProbeTools {
  const Config& config;
  discovery::Resolver& resolver;
  net::Dialer& dialer;
  std::shared_ptr<const net::TlsClient> tls;
  Random& random;
  const Clock& clock;
  discovery::StsLookup* sts = nullptr;
  std::shared_ptr<const crypto::KeyIndex> keys = {};
  const KeySearch::Sources* key_sources = nullptr;  // null: nobody is asked for keys
};

struct ProbeTarget {
  mail::Address recipient;  // of a domain alone: its postmaster
  bool person = false;      // an address was given
  std::string tenant;       // whose settings apply
};
/// "bob@lab.example", "lab.example", or a domain's literal.
[[nodiscard]] Result<ProbeTarget> parse_probe_target(const std::string& text, const std::string& tenant,
                                                     const Config& config);

/// mx, hosts (addresses, DANE, sessions), level, what the sources of keys say, those that no mail asks too, and what
/// the policy would do with mail of each kind.
net::awaitable<boost::json::object> probe(ProbeTools tools, ProbeTarget target);

/// The same for a person.
[[nodiscard]] std::string format_probe(const boost::json::object& report);

/// The look-ups alone, without any session: what `explain --look-up` adds.
net::awaitable<std::vector<mail::Evidence>> look_up(ProbeTools tools, mail::Domain domain);

}  // namespace postern::gateway
