// DKIM on what leaves: the body's hash while it comes in, the fields when it goes.
//
//   ArrivingBody body(section.size()); body.update(kept_octets); … message.dkim_body_hash = body.hash();
//   auto fields = co_await dkim_fields(services, message);      // for the Protector; empty: nobody signs it
#pragma once

#include <string>
#include <string_view>

#include "crypto/dkim_hash.hpp"
#include "gateway/services.hpp"
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

/// Blocking: of a message that stands whole, what goes on top. Errors as above.
[[nodiscard]] Result<std::string> sign_whole(std::string_view message, const std::vector<crypto::DkimKey>& keys,
                                             Time at);

/// Without the signatures of the sender's own domain and of those above it: of a message whose body was sealed since
/// they do not hold. Others stay, they say who handled it (RFC 6376 §6.1: one that fails counts as none).
[[nodiscard]] std::string without_own_signatures(std::string_view section, const mail::Domain& from);

}  // namespace postern::gateway
