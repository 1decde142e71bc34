// What the network accepts. Only gateway/protect can make one (Promise 1): smtp/ and portal/ take nothing else,
// so there is no way from "protection failed" to "send anyway".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/tls.hpp"

namespace postern::gateway {
class Protector;  // gateway/protect.hpp
}

namespace postern::mail {

class Outbound {
 public:
  [[nodiscard]] const QueueId& id() const { return id_; }
  [[nodiscard]] const ReversePath& from() const { return from_; }
  [[nodiscard]] const std::vector<Address>& to() const { return to_; }
  [[nodiscard]] const MailParameters& parameters() const { return parameters_; }
  /// What the sender wants to hear of a recipient.
  [[nodiscard]] RecipientParameters asked_for(std::size_t recipient) const {
    return recipient < asked_.size() ? asked_[recipient] : RecipientParameters{};
  }
  /// Addresses or header fields beyond ASCII, as the sender declared: only a host with SMTPUTF8 may have it.
  [[nodiscard]] bool needs_utf8() const { return needs_utf8_; }
  /// What the session that carries it must meet, before MAIL FROM. `host_names` come from each host's look-up.
  [[nodiscard]] const TlsRequirement& requirement() const { return requirement_; }
  /// Sealed for its recipients: what follows the prefix is their rendition of this number, never the body as it came
  /// in.
  [[nodiscard]] const std::optional<std::uint64_t>& rendition() const { return rendition_; }
  /// Our trace headers; the body as it came in, or the rendition, follows.
  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  [[nodiscard]] std::uint64_t body_size() const { return body_size_; }
  /// The body has octets beyond ASCII: for hosts with 8BITMIME, if there are any.
  [[nodiscard]] bool eight_bit() const { return eight_bit_; }

 private:
  friend class gateway::Protector;
  Outbound() = default;

  QueueId id_;
  ReversePath from_;
  std::vector<Address> to_;
  MailParameters parameters_;
  std::vector<RecipientParameters> asked_;
  bool needs_utf8_ = false;
  TlsRequirement requirement_ = TlsRequirement::invalid();
  std::optional<std::uint64_t> rendition_;
  std::string prefix_;
  std::uint64_t body_size_ = 0;
  bool eight_bit_ = false;
};

}  // namespace postern::mail
