// What posternd has to be told, while it is there to hear it: codes that are to be mailed, in memory alone, and the
// word that the store has events. Thread-safe.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "portal/deposit_protocol.hpp"

namespace postern::portal {

class Happenings {
 public:
  /// False where too many wait already: posternd is not there.
  [[nodiscard]] bool want_code(const std::string& lookup, const std::string& code, Time now);
  [[nodiscard]] std::vector<PortalEvent> take_codes(Time now, std::size_t most);
  /// The store has an event.
  void stored() { wake(); }
  /// The store was to record one; that it could not is logged.
  void recorded(const Result<void>& result);
  /// Called, from any thread, when there is something to collect. Once this returns the old one is not running.
  void on_change(std::function<void()> wake);

 private:
  void wake();
  std::mutex mutex_;
  std::vector<PortalEvent> codes_;
  std::mutex waking_;
  std::function<void()> wake_;
};

}  // namespace postern::portal
