// One way of sealing a message for its recipients: S/MIME (smime_method.cpp) or OpenPGP (openpgp_method.cpp). Blocking,
// thread-safe; each asks the key store and one engine, and decides nothing about the ladder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "gateway/revocation_answers.hpp"
#include "gateway/seal_settings.hpp"
#include "mail/address.hpp"
#include "mail/evidence.hpp"

namespace postern::gateway {

/// A recipient's key that may be used now.
struct UsableKey {
  std::string fingerprint;
  std::string bytes;
  std::string revocation = {};  // "good (OCSP of 2026-11-28T10:00:00.000Z)"; empty: nobody was asked
  std::optional<mail::PublishedEvidence> found = {};  // nothing: it was not looked up
};

struct Usable {
  Result<std::vector<UsableKey>> keys;        // the best first; never none: why there is none is an Error
  std::vector<RevocationQuestion> open = {};  // to be asked of others; then there may be another answer
};

struct SealOrder {
  std::string_view entity;  // goes in octet by octet
  mail::Address from;       // whose identity signs, if there is one
  std::vector<UsableKey> to;
  SealSettings settings;
  Time at{};
};

/// A store that is shut, locked or damaged is no word on the message, nor on anybody's key.
inline std::unexpected<Error> for_now(const Error& why) {
  return fail(Errc::unavailable, why.text, why.detail);
}

// Errors of both: Errc::unavailable, timed_out, io and limit are of the engine, the store or the disk, and may pass;
// all others are of the key or the message, and stay.
class SealMethod {
 public:
  virtual ~SealMethod() = default;
  [[nodiscard]] virtual Usable usable_keys(const mail::Address& recipient, const SealSettings& settings, Time at) = 0;
  /// The entity with its sender's signature, where that is made before encrypting: once for all renditions of the
  /// message. `to` does not matter.
  [[nodiscard]] virtual Result<std::string> sign(const SealOrder& order) { return std::string(order.entity); }
  /// What `sign` gave, sealed: a MIME entity, Content-* fields and body.
  [[nodiscard]] virtual Result<std::string> seal(const SealOrder& order) = 0;
};

}  // namespace postern::gateway
