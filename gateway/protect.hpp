// The only maker of Outbound, and so the last place where Promise 1 is decided: what policy protects is built with a
// requirement that means protection, or it is not built.
#pragma once

#include <vector>

#include "base/error.hpp"
#include "mail/outbound.hpp"
#include "mail/route.hpp"
#include "spool/records.hpp"

namespace postern::gateway {

class Protector {
 public:
  explicit Protector(std::string our_name) : our_name_(std::move(our_name)) {}

  /// The message as it came in, below one trace header, for a connection to `host` that meets the rung's floor.
  /// Errc::denied where a recipient's verdict forbids just that.
  [[nodiscard]] Result<mail::Outbound> over_tls(const spool::MessageRecord& message,
                                                const std::vector<spool::RecipientRecord>& recipients,
                                                const mail::TlsRelay& route, const std::string& host) const;

 private:
  std::string our_name_;
};

}  // namespace postern::gateway
