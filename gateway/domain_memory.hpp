// Domains that were lately proven unable to do the TLS that protected mail needs, so that the next message need not
// prove it again. In memory, bounded: forgetting costs one proof_gap, never cleartext.
#pragma once

#include <map>
#include <mutex>

#include "base/clock.hpp"
#include "mail/address.hpp"

namespace postern::gateway {

class DomainMemory {
 public:
  void incapable(const mail::Domain& domain, Time now);
  void capable(const mail::Domain& domain);
  [[nodiscard]] bool fresh(const mail::Domain& domain, Time now) const;  // proven within 24 h

 private:
  static constexpr std::size_t most = 10'000;
  mutable std::mutex mutex_;
  std::map<mail::Domain, Time> proven_;
};

}  // namespace postern::gateway
