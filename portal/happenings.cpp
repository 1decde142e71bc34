#include "portal/happenings.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "portal/codes.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t most_waiting = 10'000;

}  // namespace

bool Happenings::want_code(const std::string& lookup, const std::string& code, Time now) {
  {
    const std::lock_guard lock(mutex_);
    if (codes_.size() >= most_waiting) return false;
    codes_.push_back({0, EventKind::code_wanted, lookup, now, code});
  }
  wake();
  return true;
}

void Happenings::recorded(const Result<void>& result) {
  if (!result) log::error("portal: an event cannot be recorded: {}", result.error().text);
  wake();
}

/// A code whose time is over is mailed to nobody.
std::vector<PortalEvent> Happenings::take_codes(Time now, std::size_t most) {
  const std::lock_guard lock(mutex_);
  std::erase_if(codes_, [now](const PortalEvent& event) { return event.at + code_lifetime <= now; });
  const auto end = codes_.begin() + static_cast<std::ptrdiff_t>(std::min(most, codes_.size()));
  std::vector<PortalEvent> taken(std::make_move_iterator(codes_.begin()), std::make_move_iterator(end));
  codes_.erase(codes_.begin(), end);
  return taken;
}

void Happenings::on_change(std::function<void()> wake) {
  const std::lock_guard lock(waking_);
  wake_ = std::move(wake);
}

void Happenings::wake() {
  const std::lock_guard lock(waking_);
  if (wake_) wake_();
}

}  // namespace postern::portal
