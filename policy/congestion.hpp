// How many deliveries at a time does a destination stand? Begin with a few, double while it goes well, halve when it
// does not, and leave it alone for a while when it cannot be reached at all. Pure.
#pragma once

#include <vector>

#include "base/clock.hpp"
#include "mail/outcome.hpp"

namespace postern::policy {

/// What one attempt showed of the destination, whatever became of the message.
enum class Experience {
  good,         // a host took the message or decided about a recipient
  neutral,      // nothing about its capacity: a look-up's answer, TLS that it cannot do, a greylisted recipient
  trouble,      // a session that broke, 421, or 4xx to MAIL FROM
  unreachable,  // no host got as far as EHLO
};

[[nodiscard]] Experience experience(const std::vector<mail::Outcome>& outcomes);

struct DestinationSettings {
  unsigned most = 20;                          // deliveries at a time
  unsigned start = 5;                          // of a destination that nothing is known of
  Duration suspend = std::chrono::minutes(1);  // the first pause; it doubles, to 16 times as much
};

class DestinationWindow {
 public:
  explicit DestinationWindow(const DestinationSettings& settings);

  void learn(Experience experience, Time now);
  /// How many at a time.
  [[nodiscard]] unsigned limit() const { return window_; }
  /// The last that was learned of it was good. Of others, a delivery may be waiting for nobody.
  [[nodiscard]] bool proven() const { return proven_; }
  /// Until when no connection is worth a try. After it one goes first.
  [[nodiscard]] Time suspended_until() const { return suspended_until_; }

 private:
  void suspend(Time now);

  DestinationSettings settings_;
  unsigned window_;
  unsigned threshold_;      // up to here it grows with each success, from here on with each windowful of them
  unsigned successes_ = 0;  // since it last grew
  unsigned failures_ = 0;   // in a row: nobody reached it
  unsigned pauses_ = 0;     // in a row
  Time suspended_until_{};
  bool proven_ = false;
};

}  // namespace postern::policy
