#include "mail/trace.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace postern::mail {
namespace {

constexpr std::size_t longest_helo = 255;

/// A HELO name in a header: letters, digits and what names are made of; all else would let a stranger write the header.
std::string safe_name(std::string_view name) {
  std::string safe(name.substr(0, longest_helo));
  const auto odd = [](char c) {
    return !is_alphanumeric(c) && std::string_view(".-_[]:").find(c) == std::string_view::npos;
  };
  std::ranges::replace_if(safe, odd, '?');
  return safe.empty() ? "unknown" : safe;
}

std::string format_tls(const TlsFacts& tls) {
  return "TLSv" + std::string(format_tls_version(tls.version)) + " " + safe_name(tls.cipher);
}

}  // namespace

std::string format_received(const Envelope& envelope, std::string_view our_name, Time at) {
  const Peer& peer = envelope.peer;
  const std::string protocol = envelope.parameters.utf8 ? "UTF8SMTP" : peer.esmtp ? "ESMTP" : "SMTP";
  const std::string with = protocol + (peer.esmtp && peer.tls.encrypted() ? "S" : "");  // RFC 3848, RFC 6531 §4.3
  std::string out = "Received: from " + safe_name(peer.helo);
  if (!peer.address.empty()) out += " ([" + safe_name(peer.address) + "])";
  out += "\r\n\tby " + std::string(our_name) + " (Postern) with " + with;
  if (peer.tls.encrypted()) out += "\r\n\t(" + format_tls(peer.tls) + ")";
  out += "\r\n\tid " + envelope.id.str();
  if (envelope.to.size() == 1) out += "\r\n\tfor <" + envelope.to.front().str() + ">";
  return out + "; " + format_rfc5322(at) + "\r\n";
}

std::size_t count_hops(const HeaderView& headers) {
  return headers.all("Received").size();
}

}  // namespace postern::mail
