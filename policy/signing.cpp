#include "policy/signing.hpp"

namespace postern::policy {
namespace {

bool may_be_signed(mail::MailClass mail_class) {
  switch (mail_class) {
    case mail::MailClass::own:
    case mail::MailClass::null_sender:
    case mail::MailClass::journal: return true;
    case mail::MailClass::forwarded: break;
  }
  return false;
}

}  // namespace

std::optional<mail::Domain> signing_domain(mail::MailClass mail_class, const mail::Domain& from,
                                           const std::vector<mail::Domain>& domains) {
  if (!may_be_signed(mail_class)) return std::nullopt;
  std::optional<mail::Domain> nearest;
  for (const mail::Domain& domain : domains) {
    // RFC 7489 §3.1.1: a signature of any other domain says nothing about From.
    const bool aligned = mail::domain_matches("." + domain.str(), from);
    if (aligned && (!nearest || domain.str().size() > nearest->str().size())) nearest = domain;
  }
  return nearest;
}

}  // namespace postern::policy
