// Who sent what to whom, by which connection, and what is known of the sender's identity.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
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

/// What a notice should return of the message (RFC 3461 §4.3). Ours return a few header fields, whatever was asked.
enum class Return { unstated, full, headers };

/// Parameters of MAIL FROM.
struct MailParameters {
  std::uint64_t size = 0;         // octets as announced (RFC 1870); 0: not announced
  bool eight_bit = false;         // BODY=8BITMIME (RFC 6152)
  bool utf8 = false;              // SMTPUTF8 (RFC 6531)
  Return ret = Return::unstated;  // RET
  std::string envid;              // ENVID, in xtext; empty: none
  bool requiretls = false;        // REQUIRETLS (RFC 8689): to hosts that take over the same duty, or back
  bool operator==(const MailParameters&) const = default;
};

/// Parameters of RCPT TO (RFC 3461 §4.1, §4.2): of what the sender wants to hear.
struct RecipientParameters {
  struct Notify {
    bool stated = false;                                   // NOTIFY was there; if not, failures and delays are told
    bool success = false, failure = false, delay = false;  // none of them: NEVER
    bool operator==(const Notify&) const = default;
  };
  Notify notify;
  std::string orcpt;  // ORCPT: "rfc822;" and xtext; empty: none

  [[nodiscard]] bool wants_success() const { return notify.success; }
  [[nodiscard]] bool wants_failure() const { return !notify.stated || notify.failure; }
  [[nodiscard]] bool wants_delay() const { return !notify.stated || notify.delay; }
  bool operator==(const RecipientParameters&) const = default;
};

// Identity is proven step by step, and only Proven relays.
struct Candidates {  // these tenants' connection conditions hold
  std::vector<std::string> tenants;
};
/// What kind of a tenant's mail it is; each has an outcome that its tenant declares.
enum class MailClass {
  own,          // MAIL FROM and From are the tenant's
  null_sender,  // a report or an automatic answer: MAIL FROM is empty, From the tenant's
  forwarded,    // the tenant passes on what somebody else wrote: never signed with the tenant's keys
  journal,      // a copy for an archive
};
[[nodiscard]] std::string_view format_mail_class(MailClass mail_class);  // "null-sender"

/// Stands behind the name of a condition that failed and that its tenant's binding only monitors.
inline constexpr std::string_view failed_monitored = " (failed, monitor)";

struct Proven {
  std::string tenant;
  /// The names of all that held: "network", "certificate", "mail-from", "from"; "secret (failed, monitor)".
  std::vector<std::string> conditions;
  MailClass mail_class = MailClass::own;
  unsigned hops = 0;  // so often it has left through this gateway before

  /// Not even one that is only monitored failed.
  [[nodiscard]] bool every_condition_held() const {
    return std::ranges::none_of(conditions, [](const std::string& one) { return one.ends_with(failed_monitored); });
  }
};
struct Refused {
  std::string condition;    // the first that failed, for our log
  std::string tenant = {};  // whose it would have been
};
using Origin = std::variant<Candidates, Proven, Refused>;

struct Envelope {
  QueueId id;
  ReversePath from;
  std::vector<Address> to;
  std::vector<RecipientParameters> asked;  // one for each of `to`, or empty where nobody asked for anything
  MailParameters parameters;
  Peer peer;
  Proven origin;
  Address header_from;        // the identity shown to the recipient
  std::string message_id;     // with angle brackets, cleaned; may be empty
  bool utf8_headers = false;  // a header field has octets beyond ASCII: only for hosts that do SMTPUTF8
  bool tls_optional = false;  // "TLS-Required: No", and no REQUIRETLS (RFC 8689 §3): delivery before recipients' policy

  [[nodiscard]] RecipientParameters asked_for(std::size_t recipient) const {
    return recipient < asked.size() ? asked[recipient] : RecipientParameters{};
  }
};

/// Forms of stored envelopes. The newest is written, all are read.
inline constexpr std::uint64_t envelope_version = 5;  // 1: before DSN and SMTPUTF8; 2, 3: before classes of mail;
                                                      // 4: before REQUIRETLS
void encode(Writer& out, const Envelope& envelope);
[[nodiscard]] Envelope decode_envelope(Reader& in, std::uint64_t version);

}  // namespace postern::mail
