// The rules of lines on the wire. Inside Postern a message is bytes in which every CR is followed by LF and every
// LF follows a CR, there is no NUL, and the last line is complete.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::mail {

/// What a body may not hold, in the order of the first found.
enum class LineFault { none, bare_cr, bare_lf, nul, too_long };

/// Text whose lines may end with LF alone, as engines and files have them: with CRLF. All else stays.
[[nodiscard]] std::string with_crlf(std::string_view text);

/// Streaming dot-stuffing (RFC 5321 §4.5.2): feed the pieces of a message, send what comes out, then `end()`.
class DotStuffer {
 public:
  void append(std::string_view piece, std::string& out);
  /// The terminator: "CRLF.CRLF", or ".CRLF" where the last line is complete or nothing was fed.
  [[nodiscard]] std::string_view end() const;

 private:
  bool at_line_start_ = true;
};

/// Streaming check that bytes obey the rules above; `fault()` stays at the first fault.
class LineChecker {
 public:
  explicit LineChecker(std::size_t longest_line = SIZE_MAX) : longest_(longest_line) {}
  LineFault check(std::string_view piece);
  /// A final CR without LF, or an incomplete last line, shows only here.
  [[nodiscard]] bool complete() const { return !after_cr_ && line_length_ == 0; }
  [[nodiscard]] bool after_cr() const { return after_cr_; }
  [[nodiscard]] LineFault fault() const { return fault_; }

 private:
  void check_lines(std::string_view piece);  // that holds no NUL

  std::size_t longest_;
  std::size_t line_length_ = 0;
  bool after_cr_ = false;
  LineFault fault_ = LineFault::none;
};

}  // namespace postern::mail
