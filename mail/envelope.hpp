// Who sent what to whom, by which connection, and what is known of the sender's identity.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "mail/address.hpp"
#include "mail/tls.hpp"

namespace postern::mail {

/// The connection that brings a message in.
struct Peer {
  std::string address;  // "192.0.2.1" or "2001:db8::1"
  std::uint16_t port = 0;
  std::string listener;  // its configured name
  std::string helo;      // what it said; cleaned
  bool esmtp = false;    // EHLO, not HELO
  TlsFacts tls;          // names and chain are those of its client certificate
};

/// Parameters of MAIL FROM.
struct MailParameters {
  std::uint64_t size = 0;  // octets as announced (RFC 1870); 0: not announced
  bool eight_bit = false;  // BODY=8BITMIME (RFC 6152)
  bool operator==(const MailParameters&) const = default;
};

// Identity is proven step by step, and only Proven relays.
struct Candidates {  // these tenants' connection conditions hold
  std::vector<std::string> tenants;
};
struct Proven {
  std::string tenant;
  std::vector<std::string> conditions;  // the names of all that held: "network", "certificate", "mail-from", "from"
};
struct Refused {
  std::string condition;  // the first that failed, for our log
};
using Origin = std::variant<Candidates, Proven, Refused>;

struct Envelope {
  QueueId id;
  ReversePath from;
  std::vector<Address> to;
  MailParameters parameters;
  Peer peer;
  Proven origin;
  Address header_from;     // the identity shown to the recipient
  std::string message_id;  // with angle brackets, cleaned; may be empty
};

void encode(Writer& out, const Envelope& envelope);
[[nodiscard]] Envelope decode_envelope(Reader& in);

}  // namespace postern::mail
