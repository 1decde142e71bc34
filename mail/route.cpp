#include "mail/route.hpp"

namespace postern::mail {
namespace {

constexpr std::size_t most_rungs = 16, longest_host = 1024;

/// What stands for a route in the stored form; never renumbered.
enum class RouteTag { tls_relay, smime, pgp, portal, hold, refuse };

struct FormatHop {
  std::string operator()(const FinalMx&) const { return "to the recipient's server"; }
  std::string operator()(const Relay& relay) const {
    return "by relay " + relay.host + (relay.onward_enforced ? " (onward TLS attested)" : "");
  }
};

struct FormatRoute {
  std::string operator()(const TlsRelay& relay) const {
    return std::string(format_tls_level(relay.floor.level)) + " TLS " + std::visit(FormatHop{}, relay.hop);
  }
  std::string operator()(const Smime&) const { return "S/MIME"; }
  std::string operator()(const Pgp&) const { return "OpenPGP"; }
  std::string operator()(const Portal&) const { return "portal"; }
  std::string operator()(const Hold& hold) const {
    return "hold (" + std::string(format_hold_reason(hold.reason)) + ")";
  }
  std::string operator()(const Refuse&) const { return "refuse"; }
};

struct EncodeRoute {
  Writer& out;
  void operator()(const TlsRelay& relay) const {
    out.enumerator(RouteTag::tls_relay);
    const auto* via = std::get_if<Relay>(&relay.hop);
    out.boolean(via != nullptr);
    if (via != nullptr) {
      out.bytes(via->host);
      out.u64(via->port);
      out.boolean(via->onward_enforced);
    }
    encode(out, relay.floor);
  }
  void operator()(const Smime&) const { out.enumerator(RouteTag::smime); }
  void operator()(const Pgp&) const { out.enumerator(RouteTag::pgp); }
  void operator()(const Portal&) const { out.enumerator(RouteTag::portal); }
  void operator()(const Hold& hold) const {
    out.enumerator(RouteTag::hold);
    out.enumerator(hold.reason);
  }
  void operator()(const Refuse&) const { out.enumerator(RouteTag::refuse); }
};

TlsRelay decode_tls_relay(Reader& in) {
  TlsRelay relay;
  if (in.boolean()) {
    Relay via;
    via.host = in.bytes(longest_host);
    const std::uint64_t port = in.u64();
    if (port > 65535) in.reject();
    via.port = static_cast<std::uint16_t>(port);
    via.onward_enforced = in.boolean();
    relay.hop = std::move(via);
  }
  relay.floor = decode_tls_requirement(in);
  return relay;
}

}  // namespace

std::string_view format_hold_reason(HoldReason reason) {
  switch (reason) {
    case HoldReason::quarantine: return "quarantine";
    case HoldReason::no_rung: return "no-rung";
    case HoldReason::operator_: return "operator";
  }
  return "";
}

std::string format_route(const Route& route) {
  return std::visit(FormatRoute{}, route);
}

void encode(Writer& out, const Route& route) {
  std::visit(EncodeRoute{out}, route);
}

Route decode_route(Reader& in) {
  switch (in.enumerator(RouteTag::refuse)) {
    case RouteTag::tls_relay: return decode_tls_relay(in);
    case RouteTag::smime: return Smime{};
    case RouteTag::pgp: return Pgp{};
    case RouteTag::portal: return Portal{};
    case RouteTag::hold: return Hold{in.enumerator(HoldReason::operator_)};
    case RouteTag::refuse: return Refuse{};
  }
  return Refuse{};
}

void encode(Writer& out, const Ladder& ladder) {
  out.u64(ladder.size());
  for (const Route& route : ladder)
    encode(out, route);
}

Ladder decode_ladder(Reader& in) {
  Ladder ladder;
  for (std::size_t left = in.count(most_rungs); left > 0 && in.ok(); --left)
    ladder.push_back(decode_route(in));
  return ladder;
}

}  // namespace postern::mail
