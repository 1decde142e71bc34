#include "gateway/events.hpp"

#include "net/endpoint.hpp"

namespace postern::gateway {
namespace {

std::vector<std::string> rule_names(const mail::Verdict& verdict) {
  std::vector<std::string> names;
  for (const mail::Why& why : verdict.why)
    names.push_back(why.monitor ? why.rule + " (monitor)" : why.rule);
  return names;
}

void add_reply(audit::Event& event, const std::optional<mail::PeerReply>& reply) {
  if (!reply) return;
  event.reply_code = reply->code;
  if (reply->status) event.status = reply->status->str();
}

void add_basis(audit::Event& event, const mail::Basis& basis) {
  if (basis.required > mail::TlsLevel::none) event.required = mail::format_tls_level(basis.required);
  if (basis.requiretls) event.required += "+requiretls";
  for (const mail::Evidence& known : basis.evidence)
    event.evidence.push_back(mail::format_evidence(known));
}

struct AddOutcome {
  audit::Event& event;

  void operator()(const mail::Delivered& delivered) const {
    event.tls = delivered.tls;
    if (delivered.tls.tlsa) event.tlsa = mail::format_tlsa(*delivered.tls.tlsa);
    event.host = delivered.host;
    event.host_address = delivered.address;
    add_reply(event, delivered.reply);
  }
  void operator()(const mail::Deferred& deferred) const {
    event.host = deferred.host;
    event.host_address = deferred.address;
    event.reason = deferred.reason;
    add_reply(event, deferred.reply);
  }
  void operator()(const mail::Failed& failed) const {
    event.host = failed.host;
    event.host_address = failed.address;
    event.reason = failed.reason;
    event.status = failed.status.str();
    if (failed.reply) event.reply_code = failed.reply->code;
  }
  void operator()(const mail::Uncertain& uncertain) const {
    event.host = uncertain.host;
    event.host_address = uncertain.address;
    event.reason = uncertain.reason;
  }
};

}  // namespace

std::string join(const std::vector<std::string>& words, std::string_view between) {
  std::string joined;
  for (const std::string& word : words) {
    if (!joined.empty()) joined += between;
    joined += word;
  }
  return joined;
}

audit::Event event_about(audit::EventKind kind, Time at, const spool::MessageRecord& message,
                         const spool::RecipientRecord& recipient) {
  const mail::Envelope& envelope = message.envelope;
  audit::Event event;
  event.kind = kind;
  event.at = at;
  event.queue_id = envelope.id;
  event.message_id = envelope.message_id;
  event.tenant = envelope.origin.tenant;
  event.listener = envelope.peer.listener;
  event.client_address = net::format_endpoint({envelope.peer.address, envelope.peer.port});
  event.sender = envelope.from ? envelope.from->str() : "";
  event.recipient = recipient.address.str();
  event.action = mail::format_action(recipient.verdict.action);
  event.rules = rule_names(recipient.verdict);
  event.policy_hash = message.policy_hash;
  if (recipient.rung < recipient.ladder.size()) event.route = mail::format_route(recipient.ladder[recipient.rung]);
  if (!recipient.sealed_to.empty()) event.evidence.push_back("sealed to the key " + recipient.sealed_to);
  event.size = message.size;
  event.attempt = recipient.attempts;
  event.origin = join(envelope.origin.conditions, ",");
  if (envelope.origin.mail_class != mail::MailClass::own)
    event.origin += ",class:" + std::string(mail::format_mail_class(envelope.origin.mail_class));
  return event;
}

void add_evidence(mail::Outcome& outcome, const std::vector<mail::Evidence>& more) {
  const auto add = [&more](auto& known) {
    known.basis.evidence.insert(known.basis.evidence.end(), more.begin(), more.end());
  };
  std::visit(add, outcome);
}

void add_outcome(audit::Event& event, const mail::Outcome& outcome) {
  std::visit(AddOutcome{event}, outcome);
  std::visit([&event](const auto& known) { add_basis(event, known.basis); }, outcome);
}

audit::Event event_rejected(Time at, const mail::Peer& peer, const std::string& tenant, const mail::ReversePath& from,
                            const std::string& reason, const mail::Reply& reply) {
  audit::Event event;
  event.kind = audit::EventKind::rejected;
  event.at = at;
  event.tenant = tenant;
  event.listener = peer.listener;
  event.client_address = net::format_endpoint({peer.address, peer.port});
  event.sender = from ? from->str() : "";
  event.tls = peer.tls;
  event.reason = reason;
  event.reply_code = reply.code;
  if (reply.status) event.status = reply.status->str();
  return event;
}

}  // namespace postern::gateway
