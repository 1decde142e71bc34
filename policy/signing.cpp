#include "policy/signing.hpp"

namespace postern::policy {
namespace {

bool is_written_by_the_tenant(mail::MailClass mail_class) {
  switch (mail_class) {
    case mail::MailClass::own:
    case mail::MailClass::null_sender:
    case mail::MailClass::journal: return true;
    case mail::MailClass::forwarded: break;
  }
  return false;
}

}  // namespace

bool may_be_signed(const mail::Proven& origin) {
  return is_written_by_the_tenant(origin.mail_class) && origin.every_condition_held();
}

std::optional<mail::Domain> signing_domain(const mail::Proven& origin, const mail::Domain& from,
                                           const std::vector<mail::Domain>& domains) {
  if (!may_be_signed(origin)) return std::nullopt;
  std::optional<mail::Domain> nearest;
  for (const mail::Domain& domain : domains) {
    // RFC 7489 §3.1.1: a signature of any other domain says nothing about From.
    const bool aligned = mail::domain_matches("." + domain.str(), from);
    if (aligned && (!nearest || domain.str().size() > nearest->str().size())) nearest = domain;
  }
  return nearest;
}

}  // namespace postern::policy
