#include <algorithm>

#include "policy/delivery.hpp"

namespace postern::policy {
namespace {

using namespace std::chrono_literals;

constexpr mail::StatusCode delivery_time_expired{4, 4, 7};  // RFC 3463 §3.5

/// Doubling from the first to the longest, a fifth of jitter either way so that retries of one outage spread out.
Duration back_off(unsigned attempts, const Schedule& schedule, Random& random) {
  Duration wait = schedule.first_retry;
  for (unsigned i = 1; i < attempts && wait < schedule.longest_retry; ++i)
    wait *= 2;
  wait = std::min(wait, schedule.longest_retry);
  const auto fifth = wait.count() / 5;
  return wait - Duration(fifth) +
         Duration(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2 * fifth + 1))));
}

struct Decide {
  const RungHistory& history;
  Duration age;
  Time now;
  const Schedule& schedule;
  bool protected_rung, fresh_memory;
  Random& random;

  mail::NextStep operator()(const mail::Delivered&) const { return mail::Done{}; }
  mail::NextStep operator()(const mail::Failed& failed) const { return mail::Bounce{failed.status, failed.reason}; }
  mail::NextStep operator()(const mail::Uncertain& uncertain) const {
    if (age >= schedule.expire) return expired(uncertain.reason);
    return mail::RetryAt{now +
                         schedule.longest_retry};  // late: the same rung and bytes, if it did not arrive after all
  }
  mail::NextStep operator()(const mail::Deferred& deferred) const {
    if (const char* because = rung_ended(deferred)) return mail::NextRung{because};
    if (age >= schedule.expire) return expired(deferred.reason);
    const Duration usual = wait(deferred), to_notice = schedule.delay_notice - age;
    return mail::RetryAt{now + (to_notice > 0ms ? std::min(usual, to_notice) : usual)};
  }

  /// DESIGN.md's table: why TLS ends this rung, or nothing. Only a protected rung can end so: what needs no protection
  /// has no other way to go.
  [[nodiscard]] const char* rung_ended(const mail::Deferred& deferred) const {
    if (!protected_rung) return nullptr;
    if (deferred.lesson == mail::TlsLesson::incapable) {
      if (fresh_memory)
        return "every mail server of the domain was lately proven unable to make the connection that is required";
      if (history.incapable_since && now - *history.incapable_since >= schedule.proof_gap) {
        return "every mail server of the domain is proven unable to make the connection that is required";
      }
    }
    if (deferred.lesson == mail::TlsLesson::transient && history.tls_trouble_since &&
        now - *history.tls_trouble_since >= schedule.protect_patience) {
      return deferred.stage == mail::Stage::seal ? "it could not be sealed for too long"
                                                 : "no protected connection could be made for too long";
    }
    return nullptr;
  }

  /// A first proof is worth a second look as soon as that counts.
  [[nodiscard]] Duration wait(const mail::Deferred& deferred) const {
    const Duration usual = back_off(history.attempts, schedule, random);
    if (deferred.lesson != mail::TlsLesson::incapable || !protected_rung || !history.incapable_since) return usual;
    const Duration to_proof = *history.incapable_since + schedule.proof_gap - now;
    return std::max(std::min(usual, to_proof + 1s), Duration(1s));
  }

  [[nodiscard]] mail::NextStep expired(const std::string& reason) const {
    return mail::Bounce{delivery_time_expired, "It could not be delivered in time. The last trouble was: " + reason};
  }
};

}  // namespace

RungHistory remember(RungHistory history, const mail::Outcome& outcome, Time now) {
  ++history.attempts;
  const auto* deferred = std::get_if<mail::Deferred>(&outcome);
  const mail::TlsLesson lesson = deferred != nullptr ? deferred->lesson : mail::TlsLesson::none;
  // A proof stands while nothing contradicts it; what only failed to connect contradicts nothing.
  if (lesson == mail::TlsLesson::incapable && !history.incapable_since) history.incapable_since = now;
  if (lesson == mail::TlsLesson::transient || lesson == mail::TlsLesson::promise_broken)
    history.incapable_since.reset();
  if (lesson == mail::TlsLesson::transient && !history.tls_trouble_since) history.tls_trouble_since = now;
  if (lesson != mail::TlsLesson::transient) history.tls_trouble_since.reset();
  return history;
}

bool tell_of_delay(Duration age, bool told, const Schedule& schedule) {
  return !told && schedule.delay_notice > 0ms && age >= schedule.delay_notice;
}

mail::NextStep next_step(const mail::Outcome& outcome, const RungHistory& history, Duration age, Time now,
                         const Schedule& schedule, bool protected_rung, bool fresh_memory, Random& random) {
  return std::visit(Decide{history, age, now, schedule, protected_rung, fresh_memory, random}, outcome);
}

}  // namespace postern::policy
