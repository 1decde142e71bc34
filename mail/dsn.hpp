// Delivery status notifications (RFC 3464): what a sender gets when a message was not delivered, or is held.
// They carry no body, no subject, no file name and no text of a peer: codes, our own words and addresses only. That is
// so for RET=FULL too, which RFC 3461 §6.2 would answer with the whole message: what is returned of it are From's
// address and Message-ID. A notice travels with less protection than the message may have needed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/reply.hpp"

namespace postern::mail {

/// RFC 3464 §2.3.3. Held mail is "delayed": it has not left. "relayed": to a host that will not say more.
enum class DsnAction { failed, delayed, relayed };

struct DsnRecipient {
  Address address;
  DsnAction action = DsnAction::failed;
  StatusCode status;
  std::string reason;                    // ours: "No server of lab.example offers a TLS connection that …"
  std::optional<PeerReply> reply;        // only its codes are shown
  std::string remote_host;               // name of the host that gave it
  std::string orcpt = {};                // as the sender gave it: "rfc822;" and xtext
  std::optional<Time> retry_until = {};  // delayed, and tried again by itself
};

struct Dsn {
  std::string reporting_mta;  // our host name
  Address to;                 // the original sender; DSNs themselves leave with the null reverse-path
  Address from;               // postmaster@our host name
  QueueId id;                 // of the DSN itself, for its Message-ID
  QueueId about;              // the message that it is about
  std::string about_message_id;
  Address about_from;  // of its From field
  std::string envid;   // as the sender gave it, in xtext
  Time arrived{};
  Time now{};
  std::vector<DsnRecipient> recipients;
};

/// The whole message: multipart/report with a text part, message/delivery-status and text/rfc822-headers; CRLF lines.
/// ASCII, but for the addresses of internationalised mail in To, From and the text part.
[[nodiscard]] std::string format_dsn(const Dsn& dsn);

}  // namespace postern::mail
