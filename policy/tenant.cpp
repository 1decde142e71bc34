#include "policy/tenant.hpp"

#include <algorithm>
#include <optional>

#include "mail/claims.hpp"
#include "mail/identity.hpp"

namespace postern::policy {
namespace {

using mail::MailClass;

/// How far a proof got: of several candidates' failures the log names the one that came nearest.
enum class Step { envelope, header_from, senders, conditions, treatment, proven };

struct Judged {
  Step step = Step::envelope;
  std::string failed;  // empty where proven
  mail::Proven proven = {};
};

bool every_mailbox_is_ours(const Tenant& tenant, const mail::HeaderView& headers, std::string_view name) {
  return std::ranges::all_of(headers.all(name), [&](const mail::Field& field) {
    const Result<mail::Address> mailbox = mail::parse_mailbox(field.raw);
    return mailbox && owns(tenant, mailbox->domain());
  });
}

/// Some mail programs show Sender or Resent-From in From's place: what they say must be ours, too.
std::optional<std::string> foreign_sender(const Tenant& tenant, const mail::HeaderView& headers) {
  // RFC 5322 §3.6.2: one Sender at most, and one mailbox in it.
  if (headers.all("Sender").size() > 1 || !every_mailbox_is_ours(tenant, headers, "Sender")) return "sender";
  for (const char* name : {"Resent-From", "Resent-Sender"}) {
    if (!every_mailbox_is_ours(tenant, headers, name)) return "resent";
  }
  return std::nullopt;
}

Treatment treatment_of(const Classes& classes, MailClass mail_class) {
  switch (mail_class) {
    case MailClass::own: return Treatment::relay;
    case MailClass::null_sender: return classes.null_sender;
    case MailClass::forwarded: return classes.forwarded;
    case MailClass::journal: break;
  }
  return classes.journal;
}

/// Mail whose From may be shown as it is; or nothing, where no class of a tenant's mail looks so.
std::optional<MailClass> classify(const Tenant& tenant, const Submission& mail, const mail::Domain& header_from) {
  const bool ours = owns(tenant, header_from) && !mail::entered_from_internet(mail.headers);
  if (ours && mail::is_journal_report(mail.headers)) return MailClass::journal;
  if (ours) return mail.from ? MailClass::own : MailClass::null_sender;
  // SRS of Exchange Online is in a domain of the tenant, like MAIL FROM of its own mail.
  if (mail.from && identified(tenant.bind, mail.headers)) return MailClass::forwarded;
  return std::nullopt;
}

bool is_of_another(const Tenant& tenant, const std::vector<Tenant>& tenants, const mail::Domain& domain) {
  return std::ranges::any_of(tenants,
                             [&](const Tenant& other) { return other.name != tenant.name && owns(other, domain); });
}

Judged judge(const Tenant& tenant, const Submission& mail, const Result<mail::Address>& header_from,
             const std::vector<Tenant>& tenants) {
  if (mail.from && !owns(tenant, mail.from->domain())) return {Step::envelope, "mail-from"};
  if (!header_from) return {Step::header_from, "from"};
  const auto mail_class = classify(tenant, mail, header_from->domain());
  if (!mail_class) return {Step::header_from, "from"};
  if (*mail_class == MailClass::forwarded) {
    // Nobody here speaks for another of our tenants.
    if (is_of_another(tenant, tenants, header_from->domain())) return {Step::header_from, "from"};
  } else if (const auto foreign = foreign_sender(tenant, mail.headers)) {
    return {Step::senders, *foreign};
  }
  const BindConditions connection = connection_conditions(tenant.bind, mail.peer);
  const BindConditions headers = header_conditions(tenant.bind, mail.headers);
  for (const BindConditions* conditions : {&connection, &headers}) {
    if (const auto failed = first_failure(*conditions)) return {Step::conditions, std::string(*failed)};
  }
  if (treatment_of(tenant.classes, *mail_class) == Treatment::refuse)
    return {Step::treatment, std::string(mail::format_mail_class(*mail_class))};

  mail::Proven proven{tenant.name, names_of(connection), *mail_class};
  for (std::string& name : names_of(headers))
    proven.conditions.push_back(std::move(name));
  if (mail.from) proven.conditions.emplace_back("mail-from");
  if (*mail_class != MailClass::forwarded) proven.conditions.emplace_back("from");
  return {Step::proven, "", std::move(proven)};
}

}  // namespace

bool owns(const Tenant& tenant, const mail::Domain& domain) {
  return std::ranges::any_of(tenant.domains,
                             [&](const std::string& pattern) { return mail::domain_matches(pattern, domain); });
}

mail::Origin candidates(const mail::Peer& peer, const std::vector<Tenant>& tenants) {
  mail::Candidates found;
  mail::Refused refused{"network"};
  for (const Tenant& tenant : tenants) {
    const BindConditions conditions = connection_conditions(tenant.bind, peer);
    const auto failed = first_failure(conditions);
    const bool anybody = conditions.empty();  // no condition is never all conditions
    if (!failed && !anybody) found.tenants.push_back(tenant.name);
    if (failed && *failed != "network" && refused.condition != "ca")
      refused = {std::string(*failed), tenant.name};  // it got furthest
  }
  if (found.tenants.empty()) return refused;
  return found;
}

mail::Origin prove(const mail::Candidates& candidates, const Submission& mail, const std::vector<Tenant>& tenants) {
  const Result<mail::Address> header_from = mail::parse_from(mail.headers);
  std::optional<Judged> best;
  bool two = false;
  for (const Tenant& tenant : tenants) {
    if (std::ranges::find(candidates.tenants, tenant.name) == candidates.tenants.end()) continue;
    Judged judged = judge(tenant, mail, header_from, tenants);
    two = two || (best && best->step == Step::proven && judged.step == Step::proven);
    if (judged.step != Step::proven) judged.proven.tenant = tenant.name;
    if (!best || judged.step > best->step) best = std::move(judged);
  }
  if (two) return mail::Refused{"ambiguous"};
  if (!best) return mail::Refused{"network"};
  if (best->step != Step::proven) return mail::Refused{best->failed, best->proven.tenant};
  return best->proven;
}

std::vector<std::string> private_fields(const std::vector<Tenant>& tenants) {
  std::vector<std::string> names;
  for (const Tenant& tenant : tenants) {
    if (tenant.bind.secret) names.push_back(tenant.bind.secret->name);
    names.insert(names.end(), tenant.markers.begin(), tenant.markers.end());
  }
  return names;
}

}  // namespace postern::policy
