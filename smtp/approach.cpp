#include "smtp/approach.hpp"

#include <algorithm>

#include "smtp/tls_facts.hpp"

namespace postern::smtp {
namespace {

using mail::PeerReply;
using mail::Stage;
using mail::TlsLesson;

bool transient(const PeerReply& reply) {
  return reply.code >= 400 && reply.code < 500;
}
bool permanent(const PeerReply& reply) {
  return reply.code >= 500;
}

/// A session that is resumed shows no chain, and not which TLSA record matched.
bool may_resume(const mail::TlsRequirement& requirement) {
  const auto of_authority = [](const std::string& pin) { return pin.starts_with("authority:"); };
  return requirement.tlsa.empty() && std::ranges::none_of(requirement.pins, of_authority);
}

/// RFC 6066 §3: an address is no server name.
std::string server_name(const std::string& host) {
  const bool address =
      host.find_first_of(":[") != std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos;
  return address ? "" : host;
}

}  // namespace

net::awaitable<void> Approach::run() {
  if (!requirement_.valid) {
    throw HostFailed{failure(TlsLesson::none, "two demands on this connection cannot both be met", {}), false};
  }
  co_await greeting();
  co_await hello();
  co_await secure();
  judge();
}

HostFailure Approach::broke(std::string reason, std::optional<PeerReply> reply) const {
  return failure(outage(), std::move(reason), std::move(reply));
}

/// What the host's inability teaches: something only where TLS is needed, and nothing against a domain that
/// promised TLS (DESIGN.md: any TLS failure at a domain with enforced MTA-STS or usable DANE is transient).
TlsLesson Approach::inability() const {
  if (!needs_tls()) return TlsLesson::none;
  return requirement_.promised ? TlsLesson::promise_broken : TlsLesson::incapable;
}
/// What an outage at this point teaches: from STARTTLS on, an attacker may have caused it.
TlsLesson Approach::outage() const {
  if (!needs_tls() || !(tls_.encrypted() || stage_ >= Stage::starttls)) return TlsLesson::none;
  return requirement_.promised ? TlsLesson::promise_broken : TlsLesson::transient;
}

HostFailure Approach::failure(TlsLesson lesson, std::string reason, std::optional<PeerReply> reply) const {
  HostFailure failed;
  failed.stage = stage_;
  failed.lesson = lesson;
  failed.reason = std::move(reason);
  failed.permanent = reply && permanent(*reply) && (stage_ == Stage::greeting || stage_ == Stage::ehlo);
  failed.reply = std::move(reply);
  failed.tls = tls_;
  return failed;
}
void Approach::fail_host(std::string reason, std::optional<PeerReply> reply, bool in_order) const {
  throw HostFailed{failure(outage(), std::move(reason), std::move(reply)), in_order};
}
void Approach::fail_incapable(std::string reason, std::optional<PeerReply> reply) const {
  throw HostFailed{failure(inability(), std::move(reason), std::move(reply))};
}

net::awaitable<void> Approach::greeting() {
  stage_ = Stage::greeting;
  const PeerReply reply = co_await talk_.reply(options_.timeouts.greeting);
  if (reply.code != 220) fail_host("the server does not greet", reply);
}

net::awaitable<void> Approach::hello() {
  stage_ = Stage::ehlo;
  extensions_ = {};
  const PeerReply reply = co_await talk_.ask("EHLO " + options_.hostname);
  if (reply.code == 250) {
    extensions_ = parse_extensions(talk_.lines());
    co_return;
  }
  if (!permanent(reply)) fail_host("the server does not take EHLO", reply);
  if (needs_tls() && !tls_.encrypted()) {
    // Unknown to it: it cannot do STARTTLS either. Any other 5xx refuses us, and says nothing about TLS.
    const bool unknown = reply.code == 500 || reply.code == 502;
    if (unknown) fail_incapable("the server does not speak ESMTP, so it cannot do TLS", reply);
    fail_host("the server refuses EHLO", reply);
  }
  const PeerReply again = co_await talk_.ask("HELO " + options_.hostname);  // RFC 5321 §3.2
  if (again.code != 250) fail_host("the server takes neither EHLO nor HELO", again);
}

net::awaitable<void> Approach::secure() {
  stage_ = Stage::starttls;
  const bool wanted = needs_tls() || (requirement_.level > mail::TlsLevel::none && !options_.avoid_tls);
  if (!wanted) co_return;
  if (!extensions_.starttls) {
    if (needs_tls()) fail_incapable("the server offers no STARTTLS");
    co_return;
  }
  const PeerReply reply = co_await talk_.ask("STARTTLS");
  if (reply.code == 220) {
    co_await handshake();
    co_await hello();
    tls_.requiretls = extensions_.requiretls;  // said inside TLS: what was said before is forgotten
  } else if (!permanent(reply) && !transient(reply)) {
    fail_host("the server's answer to STARTTLS makes no sense", reply);
  } else if (needs_tls()) {
    if (permanent(reply)) fail_incapable("the server refuses STARTTLS", reply);
    fail_host("the server cannot do STARTTLS now", reply);
  }
  // Opportunistic, and refused in proper form: the session goes on in the clear (RFC 3207 §4).
}

net::awaitable<void> Approach::handshake() {
  // Bytes in the clear behind the 220 would be taken as said inside TLS (CVE-2011-0411).
  if (!talk_.quiet()) fail_host("the server sent more in the clear after 220", {}, false);
  stage_ = Stage::handshake;
  stream_.expires_after(options_.timeouts.handshake);
  const std::shared_ptr<const net::TlsClient> client = client_for_requirement();
  resuming_ = may_resume(requirement_) ? client->resuming(purpose()) : nullptr;
  // RFC 7672 §8.1: with DANE the name is the TLSA base domain.
  const std::string& name = requirement_.tlsa_base.empty() ? options_.host : requirement_.tlsa_base;
  std::optional<HostFailure> failed;
  try {
    tls_ = tls_facts(co_await stream_.start_tls(resuming_ ? *resuming_ : *client, server_name(name)));
  } catch (const net::TlsFailed& broken) {
    failed = handshake_failure(broken.incapable ? inability() : outage(), broken.what());
  } catch (const net::Broken& broken) {
    failed = handshake_failure(outage(), broken.what());
  }
  if (!failed) co_return;
  if (resuming_) resuming_->forget_sessions();
  throw HostFailed{std::move(*failed), false};
}

/// The options' own, where the handshake need not know more.
std::shared_ptr<const net::TlsClient> Approach::client_for_requirement() const {
  if (requirement_.tlsa.empty() && requirement_.groups.empty()) return options_.tls;
  const auto demanding = options_.tls->demanding(tls_demands(requirement_));
  return demanding ? demanding : options_.tls;  // what was not demanded is not met
}

/// A session is resumed for an equal requirement of the same host only: for what it was judged for.
std::string Approach::purpose() const {
  Writer out;
  out.bytes(options_.host);
  mail::encode(out, requirement_);
  return out.take();
}

HostFailure Approach::handshake_failure(TlsLesson lesson, const std::string& what) const {
  HostFailure failed = failure(lesson, "the TLS handshake failed: " + what, {});
  failed.fallback_to_clear = !needs_tls();
  return failed;
}

/// What an authenticated host does not announce it cannot do, and no attacker has hidden it. A promise of TLS is kept
/// all the same.
bool Approach::lacks_only_requiretls() const {
  mail::TlsRequirement rest = requirement_;
  rest.requiretls = false;
  return requirement_.requiretls && !tls_.requiretls && rest.level >= mail::TlsLevel::verified &&
         mail::meets(rest, tls_);
}

/// Promise 1: the session that is judged is the one that sends.
void Approach::judge() {
  stage_ = Stage::requirement;
  const std::string unmet = mail::unmet(requirement_, tls_);
  if (unmet.empty()) return;
  if (resuming_) resuming_->forget_sessions();  // it may be better next time
  if (lacks_only_requiretls()) throw HostFailed{failure(TlsLesson::incapable, unmet, {})};
  fail_incapable(unmet);
}

}  // namespace postern::smtp
