#include "mail/route.hpp"

#include <utility>

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

/// RFC 8689: who takes it must promise to do so too.
std::string format_way(const SmtpRung& rung) {
  return std::visit(FormatHop{}, rung.hop) + (rung.floor.requiretls ? ", with REQUIRETLS" : "");
}

struct FormatRoute {
  std::string operator()(const TlsRelay& relay) const {
    return std::string(format_tls_level(relay.floor.level)) + " TLS " + format_way(relay);
  }
  std::string operator()(const Smime& sealed) const { return "S/MIME " + format_way(sealed); }
  std::string operator()(const Pgp& sealed) const { return "OpenPGP " + format_way(sealed); }
  std::string operator()(const Portal&) const { return "portal"; }
  std::string operator()(const Hold& hold) const {
    return "hold (" + std::string(format_hold_reason(hold.reason)) + ")";
  }
  std::string operator()(const Refuse&) const { return "refuse"; }
};

void encode_smtp(Writer& out, RouteTag tag, const SmtpRung& rung) {
  out.enumerator(tag);
  const auto* via = std::get_if<Relay>(&rung.hop);
  out.boolean(via != nullptr);
  if (via != nullptr) {
    out.bytes(via->host);
    out.u64(via->port);
    out.boolean(via->onward_enforced);
  }
  encode(out, rung.floor);
}

struct EncodeRoute {
  Writer& out;
  void operator()(const TlsRelay& relay) const { encode_smtp(out, RouteTag::tls_relay, relay); }
  void operator()(const Smime& sealed) const { encode_smtp(out, RouteTag::smime, sealed); }
  void operator()(const Pgp& sealed) const { encode_smtp(out, RouteTag::pgp, sealed); }
  void operator()(const Portal&) const { out.enumerator(RouteTag::portal); }
  void operator()(const Hold& hold) const {
    out.enumerator(RouteTag::hold);
    out.enumerator(hold.reason);
  }
  void operator()(const Refuse&) const { out.enumerator(RouteTag::refuse); }
};

SmtpRung decode_smtp(Reader& in, std::uint64_t version) {
  SmtpRung rung;
  if (in.boolean()) {
    Relay via;
    via.host = in.bytes(longest_host);
    const std::uint64_t port = in.u64();
    if (port > 65535) in.reject();
    via.port = static_cast<std::uint16_t>(port);
    via.onward_enforced = in.boolean();
    rung.hop = std::move(via);
  }
  rung.floor = decode_tls_requirement(in, version);
  return rung;
}

/// Before version 5 nothing was said of it, and nothing could climb it.
SmtpRung decode_sealed(Reader& in, std::uint64_t version) {
  return version >= 5 ? decode_smtp(in, version) : SmtpRung{};
}

Route decode_route(Reader& in, std::uint64_t version) {
  switch (in.enumerator(RouteTag::refuse)) {
    case RouteTag::tls_relay: return TlsRelay{decode_smtp(in, version)};
    case RouteTag::smime: return Smime{decode_sealed(in, version)};
    case RouteTag::pgp: return Pgp{decode_sealed(in, version)};
    case RouteTag::portal: return Portal{};
    case RouteTag::hold: return Hold{in.enumerator(HoldReason::operator_)};
    case RouteTag::refuse: return Refuse{};
  }
  return Refuse{};
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

const SmtpRung* smtp_rung(const Route& route) {
  if (const auto* relay = std::get_if<TlsRelay>(&route)) return relay;
  if (const auto* sealed = std::get_if<Smime>(&route)) return sealed;
  return std::get_if<Pgp>(&route);
}

SmtpRung* smtp_rung(Route& route) {
  return const_cast<SmtpRung*>(smtp_rung(std::as_const(route)));
}

bool is_sealed(const Route& route) {
  return std::holds_alternative<Smime>(route) || std::holds_alternative<Pgp>(route);
}

std::string format_route(const Route& route) {
  return std::visit(FormatRoute{}, route);
}

void encode(Writer& out, const Route& route) {
  std::visit(EncodeRoute{out}, route);
}

void encode(Writer& out, const Ladder& ladder) {
  out.u64(ladder.size());
  for (const Route& route : ladder)
    encode(out, route);
}

Ladder decode_ladder(Reader& in, std::uint64_t version) {
  Ladder ladder;
  for (std::size_t left = in.count(most_rungs); left > 0 && in.ok(); --left)
    ladder.push_back(decode_route(in, version));
  return ladder;
}

}  // namespace postern::mail
