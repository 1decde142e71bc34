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

/// A rung that ends in an SMTP session: where the connection goes, and the least that it must be.
struct SmtpRung {
  Hop hop;
  TlsRequirement floor;
  bool operator==(const SmtpRung&) const = default;
};
struct TlsRelay : SmtpRung {  // plain message; the connection carries the protection that `floor` demands
  bool operator==(const TlsRelay&) const = default;
};
struct Smime : SmtpRung {  // sealed for the recipient: the message carries the protection, whatever the connection
  bool operator==(const Smime&) const = default;
};
struct Pgp : SmtpRung {
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
/// Null where the rung makes no connection.
[[nodiscard]] const SmtpRung* smtp_rung(const Route& route);
[[nodiscard]] SmtpRung* smtp_rung(Route& route);
/// Is what goes out sealed for its recipient?
[[nodiscard]] bool is_sealed(const Route& route);

/// Rungs in order; the last is always Hold or Refuse, unless the mail needs no protection.
using Ladder = std::vector<Route>;

/// "verified TLS to the recipient's server", "hold (no-rung)": for people.
[[nodiscard]] std::string format_route(const Route& route);

void encode(Writer& out, const Route& route);
void encode(Writer& out, const Ladder& ladder);
/// The form in which ladders are written; earlier ones are read. 5: sealed rungs say where they go.
inline constexpr std::uint64_t ladder_version = 5;
[[nodiscard]] Ladder decode_ladder(Reader& in, std::uint64_t version = ladder_version);

}  // namespace postern::mail
