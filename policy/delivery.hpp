// The decisions after acceptance: how may it reach this recipient, how secure must the connection be, and now?
// All pure; the tables are DESIGN.md's.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "mail/capabilities.hpp"
#include "mail/envelope.hpp"
#include "mail/outcome.hpp"
#include "mail/route.hpp"
#include "mail/security.hpp"
#include "mail/verdict.hpp"

namespace postern::policy {

/// Scoped settings that apply to one sender and recipient, already resolved.
struct DeliverySettings {
  std::vector<mail::Method> methods = {mail::Method::tls, mail::Method::smime, mail::Method::openpgp,
                                       mail::Method::portal};  // order of rungs
  mail::TlsRequirement protect_tls = mail::TlsRequirement::at(mail::TlsLevel::verified);
  mail::TlsRequirement deliver_tls = mail::TlsRequirement::at(mail::TlsLevel::opportunistic);
};

/// The rungs, strongest duty first. Protected mail never gets a rung that could be cleartext, and its last rung is
/// Hold. A relay carries protected mail by TLS only where `onward_enforced` is attested.
[[nodiscard]] mail::Ladder ladder(const mail::Verdict& verdict, const mail::Capabilities& capabilities,
                                  const DeliverySettings& settings);

/// RFC 8689: the same rungs for mail whose sender asked for REQUIRETLS. Each that ends in an SMTP session asks for a
/// host that is authenticated and takes over the duty, sealed mail too; below them the mail goes back (5.7.30). What
/// waits in a portal has arrived, where that is said (`portal_is_final`).
[[nodiscard]] mail::Ladder with_requiretls(mail::Ladder ladder, bool portal_is_final = false);

/// The rungs of a notice about such mail (RFC 8689 §5): back under the same duty; and where the return path cannot take
/// it, since it says nothing of the content, in TLS at least.
[[nodiscard]] mail::Ladder notice_with_requiretls(mail::Ladder ladder);

/// The rungs of mail that leads to what waits in the portal, a notice or a code: TLS to the end, or nothing. It opens
/// what is protected, so it travels like that, though by a server that proves no more than that it can.
[[nodiscard]] mail::Ladder pickup_notice(const mail::Hop& hop);

/// The rungs of mail that tells a sender the passphrase of what waits in the portal: `home`, in TLS or not at all. What
/// the tenant's own relay does with it onward is theirs to know, as of the message that they sent.
[[nodiscard]] mail::Ladder passphrase_mail(const mail::Hop& home);

/// RFC 8689 §4.2.2: does the sender of mail that needs no protection put its delivery before what the recipient's side
/// promises (DANE, MTA-STS)? What the configuration demands (`floor`) stands, and where that is such a promise they are
/// kept. `tls_optional`: it says "TLS-Required: No".
[[nodiscard]] bool disregards_promises(bool tls_optional, const mail::Verdict& verdict,
                                       const mail::TlsRequirement& floor);

/// What the session that carries `route` to one host must meet: the rung's floor, what the configuration demands of
/// that host, and what the host and the recipient's domain promise, met together; with the names that count at the
/// level that results. Invalid for a route without a connection, for demands that exclude each other, where a look-up
/// failed, and for a host that the domain's enforced MTA-STS policy does not allow. `domain` says nothing about a
/// relay. A rung with REQUIRETLS asks more of a host that neither DNSSEC nor MTA-STS names.
[[nodiscard]] mail::TlsRequirement require_tls(const mail::Route& route, const mail::DomainSecurity& domain,
                                               const mail::HostSecurity& security, const mail::Domain& recipient_domain,
                                               const mail::TlsRequirement& host_floor = {});

/// Why the host must not be asked at all, whatever it would show, or nothing. To be said of a host before anybody
/// connects to it.
struct RuledOut {
  mail::TlsLesson lesson = mail::TlsLesson::none;
  std::string reason;
};
[[nodiscard]] std::optional<RuledOut> rule_out(const mail::TlsRequirement& requirement, const mail::Hop& hop,
                                               const mail::DomainSecurity& domain, const mail::HostSecurity& security);

/// A domain that tests its MTA-STS policy: why, if it enforced it, this session would not have been used; else "".
[[nodiscard]] std::string unmet_in_testing(const mail::DomainSecurity& domain, const mail::HostSecurity& security,
                                           const mail::TlsFacts& facts);

struct Schedule {
  Duration first_retry = std::chrono::minutes(1);
  Duration longest_retry = std::chrono::hours(4);
  Duration expire = std::chrono::hours(48);
  Duration proof_gap = std::chrono::minutes(15);
  Duration protect_patience = std::chrono::hours(4);
  Duration delay_notice = std::chrono::hours(4);  // zero: a sender hears of no delay
};

/// Is it time to tell the sender that a message which is to be tried again has not left yet? Once.
[[nodiscard]] bool tell_of_delay(Duration age, bool told, const Schedule& schedule);

/// What one recipient's attempts on the present rung have shown; stored with the recipient.
struct RungHistory {
  unsigned attempts = 0;                  // on this rung, the one just ended included
  std::optional<Time> incapable_since;    // first attempt that proved every host incapable
  std::optional<Time> tls_trouble_since;  // first attempt since which only transient TLS failures came
  bool operator==(const RungHistory&) const = default;
};

/// The history after one more outcome.
[[nodiscard]] RungHistory remember(RungHistory history, const mail::Outcome& outcome, Time now);

/// Back-off doubles from first_retry to longest_retry, with up to a fifth of jitter either way. No retry is later than
/// delay_notice, so that the sender hears of a delay in time.
/// `fresh_memory`: the domain was proven incapable within the last 24 h by other mail.
/// `protected_rung`: the rung that the attempt failed at protects by what failed, TLS of at least `encrypted` or
/// sealing; only then can that end it.
[[nodiscard]] mail::NextStep next_step(const mail::Outcome& outcome, const RungHistory& history, Duration age, Time now,
                                       const Schedule& schedule, bool protected_rung, bool fresh_memory,
                                       Random& random);

}  // namespace postern::policy
