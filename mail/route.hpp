// The ways to a recipient, and the ladder of those that apply to one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/codec.hpp"
#include "mail/tls.hpp"

namespace postern::mail {

/// Where the next connection goes. A relay is not the recipient: what happens after it is the administrator's word.
struct FinalMx {
  bool operator==(const FinalMx&) const = default;
};
struct Relay {
  std::string host;  // name or address
  std::uint16_t port = 25;
  bool onward_enforced = false;  // onward = "enforced-tls" is attested
  bool operator==(const Relay&) const = default;
};
using Hop = std::variant<FinalMx, Relay>;

struct TlsRelay {  // plain message; the connection carries the protection that `floor` demands
  Hop hop;
  TlsRequirement floor;
  bool operator==(const TlsRelay&) const = default;
};
struct Smime {
  bool operator==(const Smime&) const = default;
};
struct Pgp {
  bool operator==(const Pgp&) const = default;
};
struct Portal {
  bool operator==(const Portal&) const = default;
};

enum class HoldReason { quarantine, no_rung, operator_ };
[[nodiscard]] std::string_view format_hold_reason(HoldReason reason);  // "quarantine", "no-rung", "operator"

struct Hold {
  HoldReason reason = HoldReason::no_rung;
  bool operator==(const Hold&) const = default;
};
struct Refuse {
  bool operator==(const Refuse&) const = default;
};

using Route = std::variant<TlsRelay, Smime, Pgp, Portal, Hold, Refuse>;
/// Rungs in order; the last is always Hold or Refuse, unless the mail needs no protection.
using Ladder = std::vector<Route>;

/// "verified TLS to the recipient's server", "hold (no-rung)": for people.
[[nodiscard]] std::string format_route(const Route& route);

void encode(Writer& out, const Route& route);
[[nodiscard]] Route decode_route(Reader& in);
void encode(Writer& out, const Ladder& ladder);
[[nodiscard]] Ladder decode_ladder(Reader& in);

}  // namespace postern::mail
