// DKIM on what leaves: the body's hash while it comes in, the fields when it goes.
//
//   ArrivingBody body(section.size()); body.update(kept_octets); … message.dkim_body_hash = body.hash();
//   auto fields = co_await dkim_fields(services, message);      // for the Protector; empty: nobody signs it
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/dkim_hash.hpp"
#include "gateway/services.hpp"
#include "mail/evidence.hpp"
#include "spool/records.hpp"

namespace postern::gateway {

/// Fed with a message from its first octet, it hashes the body.
class ArrivingBody {
 public:
  explicit ArrivingBody(std::size_t header_size) : header_left_(header_size) {}
  void update(std::string_view octets);
  /// No more octets.
  [[nodiscard]] std::string hash() { return hash_.finish(); }

 private:
  std::size_t header_left_;
  crypto::DkimBodyHash hash_;
};

/// The signatures of this message's sender, made off the I/O threads, and the same for each attempt while the keys are.
/// A header that cannot be signed leaves without, and the log says so: waiting would not change it. An Error is a
/// reason to try later: a key that failed or a body that could not be read may do so again, and a recipient that goes
/// by DMARC would refuse the mail for good without its signature.
[[nodiscard]] net::awaitable<Result<std::string>> dkim_fields(Services& services, const spool::MessageRecord& message);

/// Which keys of From's domain, or of one above it, signed: of fields, or a whole header section.
[[nodiscard]] std::vector<mail::Evidence> dkim_evidence(std::string_view section, const mail::Domain& from, Time at);

/// Blocking: a message that was made from another, with signatures of its own on top and without those of the sender's
/// domain, and of those above it, that the change broke. Errors as above.
[[nodiscard]] Result<std::string> sign_changed(std::string message, const mail::Envelope& envelope,
                                               const std::vector<crypto::DkimKey>& keys, Time at);

}  // namespace postern::gateway
