// The only maker of Outbound, and so the last place where Promise 1 is decided: what policy protects is built with a
// requirement that means protection, or it is not built.
#pragma once

#include <vector>

#include "base/error.hpp"
#include "mail/outbound.hpp"
#include "mail/route.hpp"
#include "mail/security.hpp"
#include "spool/records.hpp"

namespace postern::gateway {

class Protector {
 public:
  explicit Protector(std::string our_name) : our_name_(std::move(our_name)) {}

  /// The message as it came in, or on a sealed rung the rendition that all of `recipients` have, below one trace
  /// header, for a connection to the host that meets the rung's floor, the configuration's `host_floor` and what the
  /// host and the recipients' domain promise. Errc::denied where a recipient's verdict forbids just that, or a
  /// rendition is wanting. `return_fields` (gateway/return_path.hpp) stand below the trace, and go out over a verified
  /// connection or not at all. `signatures` (gateway/signing.hpp) are of the message alone, so they stand below all
  /// that is added (RFC 6376 §5.6); a rendition has its own.
  [[nodiscard]] Result<mail::Outbound> protect(const spool::MessageRecord& message,
                                               const std::vector<spool::RecipientRecord>& recipients,
                                               const mail::Route& route, const mail::DomainSecurity& domain_security,
                                               const mail::HostSecurity& host,
                                               const mail::TlsRequirement& host_floor = {},
                                               const std::string& return_fields = {},
                                               const std::string& signatures = {}) const;

  /// The message as it came in, for the portal: it has a requirement that no connection meets, so it goes nowhere else.
  /// Errc::denied where a recipient's verdict does not allow that.
  [[nodiscard]] Result<mail::Outbound> protect_for_pickup(const spool::MessageRecord& message,
                                                          const std::vector<spool::RecipientRecord>& recipients) const;

 private:
  std::string our_name_;
};

}  // namespace postern::gateway
