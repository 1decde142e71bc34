// What happened to a message or a recipient, in the words that the outbox stores and a SIEM reads.
// Never content. Peers' free text never gets here: PeerReply contributes its codes alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "mail/tls.hpp"

namespace postern::audit {

enum class EventKind {
  accepted,    // 250: we have it
  judged,      // the verdict came after the 250
  rejected,    // refused at the door; `reason` names the condition or rule
  attempting,  // the final dot is about to go out
  delivered,
  deferred,
  uncertain,  // no answer after the final dot
  bounced,
  held,
  released,
  rung,       // moved to the next rung of its ladder
  deleted,    // by an operator
  duplicate,  // sent again although it may have been delivered
  expired,
  rerouted,             // by an operator: another next hop, the same requirement
  deposited,            // it waits in the portal
  code_sent,            // whoever has the link asked for a code
  code_wrong,           // and typed another
  opened,               // read in the portal
  recalled,             // by an operator, or because its recipient could not be told
  unread,               // its time in the portal is over, and nobody opened it
  replied,              // written in the portal; the reply is a message of its own
  extended,             // by an operator: it waits longer
  password_chosen,      // by its recipient, in the portal
  second_step_changed,  // by its recipient, in the portal
};
[[nodiscard]] std::string_view format_event_kind(EventKind kind);

struct Event {
  EventKind kind = EventKind::accepted;
  Time at{};
  QueueId queue_id;
  std::string message_id, tenant, listener, client_address;
  std::string sender, recipient;  // envelope addresses; "" is the null sender
  std::string action;             // verdict
  std::vector<std::string> rules;
  std::string policy_hash;
  std::string route;               // format_route
  std::string host, host_address;  // remote
  mail::TlsFacts tls;
  std::string tlsa;                   // the TLSA record that the certificate matched: "3 1 1 ab…"
  std::string required;               // the TLS level that the session had to reach
  std::vector<std::string> evidence;  // what was known of the host: one line for each look-up
  int reply_code = 0;
  std::string status;  // "5.7.30"
  std::string reason;  // ours
  std::uint64_t size = 0;
  unsigned attempt = 0;
  std::string origin;  // conditions that held: "network,certificate,mail-from,from"
};

[[nodiscard]] std::string encode_event(const Event& event);
[[nodiscard]] Result<Event> decode_event(std::string_view bytes);

enum class AddressForm { plain, domain, hmac };
struct JsonOptions {
  AddressForm addresses = AddressForm::plain;
  std::string hmac_key;
};
/// One JSON object, no line end. `event_id` is stable: the outbox's sequence number.
[[nodiscard]] std::string format_json(const Event& event, std::uint64_t event_id, const JsonOptions& options = {});

}  // namespace postern::audit
