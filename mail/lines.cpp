#include "mail/lines.hpp"

#include <algorithm>

namespace postern::mail {

std::string with_crlf(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 32 + 2);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    lines += line;
    if (end == std::string_view::npos) break;
    lines += line.ends_with('\r') ? "\n" : "\r\n";
    text.remove_prefix(end + 1);
  }
  return lines;
}

void DotStuffer::append(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    if (at_line_start_ && piece.front() == '.') out.push_back('.');
    const std::size_t end = piece.find('\n');
    const std::size_t length = end == std::string_view::npos ? piece.size() : end + 1;
    out.append(piece.substr(0, length));
    at_line_start_ = end != std::string_view::npos;
    piece.remove_prefix(length);
  }
}

std::string_view DotStuffer::end() const {
  return at_line_start_ ? ".\r\n" : "\r\n.\r\n";
}

LineFault LineChecker::check(std::string_view piece) {
  if (fault_ != LineFault::none) return fault_;
  const std::size_t nul = piece.find('\0');
  check_lines(piece.substr(0, nul));
  if (fault_ == LineFault::none && nul != std::string_view::npos) {
    fault_ = after_cr_ ? LineFault::bare_cr : LineFault::nul;
  }
  return fault_;
}

void LineChecker::check_lines(std::string_view piece) {
  std::size_t at = 0;
  while (at < piece.size()) {
    if (after_cr_) {
      if (piece[at] != '\n') {
        fault_ = LineFault::bare_cr;
        return;
      }
      after_cr_ = false;
      line_length_ = 0;
      ++at;
      continue;
    }
    // Two runs of memchr: several times as fast as looking for either octet at once.
    const std::size_t cr = std::min(piece.find('\r', at), piece.size());
    const std::size_t lf = piece.substr(at, cr - at).find('\n');
    const bool bare_lf = lf != std::string_view::npos;
    line_length_ += bare_lf ? lf : cr - at;
    if (line_length_ > longest_ || bare_lf) {
      fault_ = line_length_ > longest_ ? LineFault::too_long : LineFault::bare_lf;
      return;
    }
    after_cr_ = cr < piece.size();
    at = cr + 1;
  }
}

}  // namespace postern::mail
