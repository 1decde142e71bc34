// The body inside DATA (RFC 5321 §4.5.2): finds its end, removes the dots that were stuffed, and watches the
// lines. Only CRLF ends a line and only CRLF "." CRLF ends the message, so nothing that another server would
// take for an end does: after a fault the rest is read up to the real end, and nothing more is given out.
//
// No copies: what comes out are views of what went in.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "mail/lines.hpp"

namespace postern::smtp {

class DataDecoder {
 public:
  explicit DataDecoder(std::size_t longest_line) : checker_(longest_line) {}

  /// Takes bytes of `in` up to the end of the message or all of them, and gives how many. Views of the body
  /// are appended to `pieces`; they live as long as `in` does (or are constants).
  std::size_t feed(std::string_view in, std::vector<std::string_view>& pieces);

  [[nodiscard]] bool ended() const { return at_ == At::end; }
  [[nodiscard]] mail::LineFault fault() const { return checker_.fault(); }

 private:
  // Where the next byte stands. A dot at the start of a line is held back until what follows it is known.
  enum class At { line_start, dot, dot_cr, inside, after_cr, end };

  void give(std::string_view piece, std::vector<std::string_view>& pieces);

  At at_ = At::line_start;
  mail::LineChecker checker_;
};

}  // namespace postern::smtp
