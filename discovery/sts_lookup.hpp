// Has a domain an MTA-STS policy, and which (RFC 8461 §3)? The TXT record, the policy over HTTPS, what is kept; with
// the evidence of each.
//
//   StsLookup sts(resolver, dialer, tls, cache, clock, random, options);
//   mail::DomainSecurity known = co_await sts.find(domain);     // a small multiple of options.patience at the most
//   if (it broke) co_await sts.renewed(domain, known);           // has the domain changed its policy meanwhile?
//
// Every question has a deadline, a fetch that failed is not tried again for a while, and of several messages to one
// domain one fetches and the others wait for it: no policy host can hold the queue.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "discovery/dns.hpp"
#include "discovery/sts_cache.hpp"
#include "mail/address.hpp"
#include "mail/security.hpp"
#include "net/egress.hpp"
#include "net/stream.hpp"

namespace postern::discovery {

struct StsOptions {
  net::EgressPolicy egress;
  std::uint16_t port = 443;
  std::chrono::milliseconds patience{20'000};       // of the look-ups, and again of one fetch, all addresses together
  Duration refetch_gap = std::chrono::minutes(5);   // RFC 8461 §3.3, after a fetch that failed
  Duration refresh_after = std::chrono::hours(24);  // a policy in use is fetched anew, lest it expires unseen
  std::function<void()> on_change = [] {};          // the cache has something to save
};

/// What to do about a domain, from what is kept and what the DNS says. Pure.
enum class StsStep {
  absent,
  use_kept,  // what is kept holds
  fetch,     // announced, and not kept; or another id
  refresh,   // kept and unchanged, and worth another look
  fail,
};
/// `id`: of the TXT record; nothing where there is none. `answered`: the DNS said so.
[[nodiscard]] StsStep next_sts_step(const std::optional<StsEntry>& kept, bool answered,
                                    const std::optional<std::string>& id, Duration refresh_after, Time now);

/// What one fetch gave.
struct StsFetch {
  enum class Result { policy, none, fetch_error, syntax_error } result = Result::fetch_error;
  mail::StsPolicy policy;
  std::string reason;  // in our words
  std::vector<mail::Evidence> evidence;
};

class StsLookup {
 public:
  StsLookup(Resolver& resolver, net::Dialer& dialer, std::shared_ptr<const net::TlsClient> tls, StsCache& cache,
            const Clock& clock, Random& random, StsOptions options);

  net::awaitable<mail::DomainSecurity> find(mail::Domain domain);
  /// The policy as it is published now, where that is another than `known`; else nothing. RFC 8461 §5.1: before mail is
  /// put off for the sake of a policy that is kept. At most once in `refetch_gap`.
  net::awaitable<std::optional<mail::DomainSecurity>> renewed(mail::Domain domain, const mail::DomainSecurity& known);

  /// For a domain whose policy is kept, without mail: is there a newer one? Whatever goes wrong, what is kept stays.
  net::awaitable<void> refresh(std::string domain);

  net::awaitable<StsFetch> fetch(std::string domain);

 private:
  net::awaitable<void> settle(std::string domain, std::string id, StsStep step, mail::DomainSecurity& found);
  net::awaitable<std::optional<StsFetch>> fetch_in_turn(std::string domain, std::string id);
  net::awaitable<StsFetch> fetch_from(std::string host, net::Endpoint at, std::chrono::milliseconds patience);
  bool begin(const std::string& domain);
  void end(const std::string& domain, const std::string& id, bool failed);
  bool lately_tried(const std::string& domain, const std::string& id);

  struct Tried {
    std::string id;
    Time at{};
  };
  Resolver& resolver_;
  net::Dialer& dialer_;
  std::shared_ptr<const net::TlsClient> tls_;
  StsCache& cache_;
  const Clock& clock_;
  Random& random_;
  StsOptions options_;
  std::mutex mutex_;
  std::set<std::string> under_way_;     // domains whose policy is being fetched
  std::map<std::string, Tried> tried_;  // fetches that failed, or were made to make sure
};

}  // namespace postern::discovery
