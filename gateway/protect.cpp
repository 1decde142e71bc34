#include "gateway/protect.hpp"

#include <algorithm>

#include "mail/trace.hpp"
#include "policy/delivery.hpp"

namespace postern::gateway {
namespace {

/// May this recipient's mail travel plain inside a connection that meets `requirement`?
bool allowed_plain(const mail::Verdict& verdict, const mail::TlsRequirement& requirement, const mail::Hop& hop) {
  switch (verdict.action) {
    case mail::Action::deliver: return true;
    case mail::Action::protect: {
      const auto* relay = std::get_if<mail::Relay>(&hop);
      const bool enforced_to_the_end = relay == nullptr || relay->onward_enforced;
      return requirement.level >= mail::TlsLevel::encrypted && enforced_to_the_end &&
             verdict.methods.contains(mail::Method::tls);
    }
    case mail::Action::quarantine:
    case mail::Action::refuse: return false;
  }
  return false;
}

/// May it travel sealed by `method`, inside whatever connection? Only in the rendition that was made for this
/// recipient.
bool allowed_sealed(const spool::RecipientRecord& recipient, mail::Method method,
                    const std::optional<spool::Rendition>& rendition) {
  return recipient.verdict.action == mail::Action::protect && recipient.verdict.methods.contains(method) && rendition &&
         recipient.rendition == rendition;
}

struct Allows {
  const spool::RecipientRecord& recipient;
  const mail::TlsRequirement& requirement;
  const std::optional<spool::Rendition>& rendition;
  bool operator()(const mail::TlsRelay& relay) const {
    return allowed_plain(recipient.verdict, requirement, relay.hop);
  }
  bool operator()(const mail::Smime&) const { return allowed_sealed(recipient, mail::Method::smime, rendition); }
  bool operator()(const mail::Pgp&) const { return allowed_sealed(recipient, mail::Method::openpgp, rendition); }
  bool operator()(const mail::Portal&) const { return false; }
  bool operator()(const mail::Hold&) const { return false; }
  bool operator()(const mail::Refuse&) const { return false; }
};

/// RFC 6531 §3.2: asked for onwards only where it is needed. Raw octets in the headers of mail whose sender did not ask
/// for SMTPUTF8 are an old bad habit, and go on as they came.
bool needs_utf8(const mail::Envelope& envelope, const std::vector<spool::RecipientRecord>& recipients) {
  if (!envelope.parameters.utf8) return false;
  const auto ascii = [](const spool::RecipientRecord& recipient) { return recipient.address.is_ascii(); };
  return envelope.utf8_headers || (envelope.from && !envelope.from->is_ascii()) ||
         !std::ranges::all_of(recipients, ascii);
}

mail::TlsRequirement verified_as(const std::string& host) {
  mail::TlsRequirement requirement = mail::TlsRequirement::at(mail::TlsLevel::verified);
  requirement.names = {host};
  return requirement;
}

}  // namespace

Result<mail::Outbound> Protector::protect(const spool::MessageRecord& message,
                                          const std::vector<spool::RecipientRecord>& recipients,
                                          const mail::Route& route, const mail::DomainSecurity& domain_security,
                                          const mail::HostSecurity& host, const mail::TlsRequirement& host_floor,
                                          const std::string& return_fields, const std::string& signatures) const {
  const mail::Domain& domain = recipients.front().address.domain();
  mail::TlsRequirement requirement = policy::require_tls(route, domain_security, host, domain, host_floor);
  if (!return_fields.empty()) requirement = mail::meet(requirement, verified_as(host.host));
  const std::optional<spool::Rendition>& rendition = recipients.front().rendition;
  const auto permits = [&](const spool::RecipientRecord& recipient) {
    return requirement.valid && std::visit(Allows{recipient, requirement, rendition}, route);
  };
  if (!std::ranges::all_of(recipients, permits)) {
    return fail(Errc::denied, "the verdict does not allow this route; nothing was sent");
  }
  // RFC 8689 §4.2.1: the duty goes with the message, whatever became of its ladder.
  if (message.envelope.parameters.requiretls && !requirement.requiretls) {
    return fail(Errc::denied, "the sender asked for REQUIRETLS, and this way does not; nothing was sent");
  }
  if (!requirement.valid) return fail(Errc::denied, "no connection can meet what is required; nothing was sent");

  mail::Outbound outbound;
  outbound.id_ = message.envelope.id;
  outbound.from_ = message.envelope.from;
  for (const spool::RecipientRecord& recipient : recipients)
    outbound.to_.push_back(recipient.address);
  for (const spool::RecipientRecord& recipient : recipients)
    outbound.asked_.push_back(message.envelope.asked_for(recipient.index));
  outbound.parameters_ = message.envelope.parameters;
  outbound.needs_utf8_ = needs_utf8(message.envelope, recipients);
  outbound.requirement_ = requirement;
  // A notice of our own came from nobody: it has no trace to tell.
  if (!message.envelope.peer.address.empty()) {
    outbound.prefix_ = mail::format_received(message.envelope, our_name_, message.accepted);
  }
  outbound.prefix_ += return_fields + signatures;
  if (mail::is_sealed(route)) {
    outbound.rendition_ = rendition->number;
    outbound.body_size_ = rendition->size;
    outbound.eight_bit_ = rendition->eight_bit;
  } else {
    outbound.body_size_ = message.size;
    outbound.eight_bit_ = message.eight_bit.value_or(message.envelope.parameters.eight_bit);
  }
  return outbound;
}

Result<mail::Outbound> Protector::protect_for_pickup(const spool::MessageRecord& message,
                                                     const std::vector<spool::RecipientRecord>& recipients) const {
  const auto permits = [](const spool::RecipientRecord& recipient) {
    return recipient.verdict.action == mail::Action::protect &&
           recipient.verdict.methods.contains(mail::Method::portal) && recipient.rung < recipient.ladder.size() &&
           std::holds_alternative<mail::Portal>(recipient.ladder[recipient.rung]);
  };
  if (!std::ranges::all_of(recipients, permits))
    return fail(Errc::denied, "the verdict does not allow the portal; nothing was deposited");
  mail::Outbound outbound;
  outbound.id_ = message.envelope.id;
  outbound.from_ = message.envelope.from;
  for (const spool::RecipientRecord& recipient : recipients)
    outbound.to_.push_back(recipient.address);
  outbound.body_size_ = message.size;
  return outbound;
}

}  // namespace postern::gateway
