#include "policy/congestion.hpp"

#include <algorithm>

namespace postern::policy {
namespace {

constexpr unsigned failures_to_suspend = 3, longest_doubling = 4;

struct ExperienceOf {
  Experience operator()(const mail::Delivered&) const { return Experience::good; }
  Experience operator()(const mail::Failed& failed) const {
    return failed.stage >= mail::Stage::mail ? Experience::good : Experience::neutral;
  }
  Experience operator()(const mail::Uncertain&) const { return Experience::trouble; }
  Experience operator()(const mail::Deferred& deferred) const {
    const bool closing = deferred.reply && deferred.reply->code == 421;
    if (deferred.stage >= mail::Stage::mail) {
      const bool broke = !deferred.reply || closing;
      return broke || deferred.stage == mail::Stage::mail ? Experience::trouble : Experience::neutral;
    }
    if (deferred.lesson == mail::TlsLesson::incapable) return Experience::neutral;
    // TLS that fails never suspends: each message has its own clock for that (protect_patience).
    if (deferred.stage >= mail::Stage::starttls) return Experience::trouble;
    return Experience::unreachable;
  }
};

}  // namespace

/// The best that a recipient saw: one host that works is enough.
Experience experience(const std::vector<mail::Outcome>& outcomes) {
  if (outcomes.empty()) return Experience::neutral;
  Experience best = Experience::unreachable;
  for (const mail::Outcome& outcome : outcomes)
    best = std::min(best, std::visit(ExperienceOf{}, outcome));
  return best;
}

DestinationWindow::DestinationWindow(const DestinationSettings& settings)
    : settings_(settings), window_(std::clamp(settings.start, 1U, settings.most)), threshold_(settings.most) {}

void DestinationWindow::learn(Experience experience, Time now) {
  switch (experience) {
    case Experience::neutral: return;
    case Experience::good:
      proven_ = true;
      failures_ = pauses_ = 0;
      suspended_until_ = {};
      if (window_ < threshold_ || ++successes_ >= window_) {
        window_ = std::min(window_ + 1, settings_.most);
        successes_ = 0;
      }
      return;
    case Experience::trouble:
    case Experience::unreachable: break;
  }
  proven_ = false;
  threshold_ = window_ = std::max(1U, window_ / 2);
  successes_ = 0;
  if (experience == Experience::unreachable && ++failures_ >= failures_to_suspend && window_ == 1) suspend(now);
}

/// Those that were under way already when the pause began do not make it longer.
void DestinationWindow::suspend(Time now) {
  if (suspended_until_ > now) return;
  suspended_until_ = now + settings_.suspend * (1U << std::min(pauses_++, longest_doubling));
}

}  // namespace postern::policy
