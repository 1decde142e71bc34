#include "policy/delivery.hpp"

namespace postern::policy {
namespace {

/// May a plain message inside TLS to this hop count as protected to the end?
bool carries_protected(const mail::Hop& hop) {
  const auto* relay = std::get_if<mail::Relay>(&hop);
  return relay == nullptr || relay->onward_enforced;
}

/// Protected mail's floor is never below `encrypted`, whatever the settings say: no rung is cleartext.
mail::TlsRequirement protected_floor(const mail::Verdict& verdict, const DeliverySettings& settings) {
  const mail::TlsRequirement least = mail::TlsRequirement::at(mail::TlsLevel::encrypted);
  return mail::meet(mail::meet(least, settings.protect_tls), verdict.floor);
}

void add_rung(mail::Ladder& ladder, mail::Method method, const mail::Verdict& verdict,
              const mail::Capabilities& capabilities, const DeliverySettings& settings) {
  if (!verdict.methods.contains(method)) return;
  switch (method) {
    case mail::Method::tls: {
      const mail::TlsRequirement floor = protected_floor(verdict, settings);
      if (floor.valid && carries_protected(capabilities.hop)) ladder.push_back(mail::TlsRelay{capabilities.hop, floor});
      return;
    }
    case mail::Method::smime:
      if (capabilities.smime) ladder.push_back(mail::Smime{capabilities.hop, settings.deliver_tls});
      return;
    case mail::Method::openpgp:
      if (capabilities.openpgp) ladder.push_back(mail::Pgp{capabilities.hop, settings.deliver_tls});
      return;
    case mail::Method::portal:
      if (capabilities.portal) ladder.push_back(mail::Portal{});
      return;
  }
}

mail::Ladder protected_ladder(const mail::Verdict& verdict, const mail::Capabilities& capabilities,
                              const DeliverySettings& settings) {
  mail::Ladder ladder;
  for (const mail::Method method : settings.methods)
    add_rung(ladder, method, verdict, capabilities, settings);
  ladder.push_back(mail::Hold{mail::HoldReason::no_rung});
  return ladder;
}

/// Policy refuses it, or holds it for its content.
bool goes_nowhere(const mail::Route& route) {
  const auto* hold = std::get_if<mail::Hold>(&route);
  return std::holds_alternative<mail::Refuse>(route) || (hold != nullptr && hold->reason != mail::HoldReason::no_rung);
}

mail::TlsRequirement taken_over() {
  mail::TlsRequirement requirement = mail::TlsRequirement::at(mail::TlsLevel::verified);
  requirement.requiretls = true;
  return requirement;
}

}  // namespace

mail::Ladder with_requiretls(mail::Ladder ladder, bool portal_is_final) {
  if (goes_nowhere(ladder.front())) return ladder;
  mail::Ladder restricted;
  for (mail::Route& route : ladder) {
    if (mail::SmtpRung* rung = mail::smtp_rung(route)) {
      rung->floor = mail::meet(rung->floor, taken_over());
      if (rung->floor.valid) restricted.push_back(std::move(route));
    } else if (portal_is_final && std::holds_alternative<mail::Portal>(route)) {
      restricted.push_back(route);
    }
  }
  restricted.emplace_back(mail::Refuse{});  // RFC 8689 §4.2.1: it goes back, and nobody waits for better
  return restricted;
}

mail::Ladder notice_with_requiretls(mail::Ladder ladder) {
  mail::Ladder rungs;
  for (const mail::TlsRequirement& least : {taken_over(), mail::TlsRequirement::at(mail::TlsLevel::encrypted)}) {
    for (mail::Route route : ladder) {
      mail::SmtpRung* rung = mail::smtp_rung(route);
      if (rung == nullptr) continue;
      rung->floor = mail::meet(rung->floor, least);
      if (rung->floor.valid) rungs.push_back(std::move(route));
    }
  }
  rungs.emplace_back(mail::Hold{mail::HoldReason::no_rung});
  return rungs;
}

mail::Ladder pickup_notice(const mail::Hop& hop) {
  mail::Ladder rungs;
  if (carries_protected(hop))
    rungs.push_back(mail::TlsRelay{{hop, mail::TlsRequirement::at(mail::TlsLevel::encrypted)}});
  rungs.emplace_back(mail::Hold{mail::HoldReason::no_rung});
  return rungs;
}

mail::Ladder passphrase_mail(const mail::Hop& home) {
  return {mail::TlsRelay{{home, mail::TlsRequirement::at(mail::TlsLevel::encrypted)}},
          mail::Hold{mail::HoldReason::no_rung}};
}

mail::Ladder ladder(const mail::Verdict& verdict, const mail::Capabilities& capabilities,
                    const DeliverySettings& settings) {
  switch (verdict.action) {
    case mail::Action::refuse: return {mail::Refuse{}};
    case mail::Action::quarantine: return {mail::Hold{mail::HoldReason::quarantine}};
    case mail::Action::protect: return protected_ladder(verdict, capabilities, settings);
    case mail::Action::deliver: break;
  }
  const mail::TlsRequirement floor = mail::meet(settings.deliver_tls, verdict.floor);
  if (!floor.valid) return {mail::Hold{mail::HoldReason::no_rung}};
  mail::Ladder rungs = {mail::TlsRelay{capabilities.hop, floor}};
  // Mail that asks for TLS of its own accord must not bounce for want of it: it is held like protected mail.
  if (floor.level >= mail::TlsLevel::encrypted) rungs.push_back(mail::Hold{mail::HoldReason::no_rung});
  return rungs;
}

}  // namespace postern::policy
