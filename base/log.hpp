// The operator's log: what the daemon itself is doing (start, reload, trouble), one line each to standard error,
// for journald. What happened to mail is an event (audit/), not a log line.
// Never pass message content; text from a peer goes through Tainted::cleaned().
#pragma once

#include <string_view>

#include <fmt/format.h>

namespace postern::log {

enum class Level { debug, info, warning, error };

void set_level(Level level);
void write(Level level, std::string_view text);

template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
  write(Level::debug, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
  write(Level::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> text, Args&&... args) {
  write(Level::warning, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> text, Args&&... args) {
  write(Level::error, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace postern::log
