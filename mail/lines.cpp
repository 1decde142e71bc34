#include "mail/lines.hpp"

#include <algorithm>
#include <cstring>

namespace postern::mail {

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
  if (fault_ != LineFault::none || piece.empty()) return fault_;
  if (std::memchr(piece.data(), '\0', piece.size()) != nullptr) return fault_ = LineFault::nul;
  std::size_t at = 0;
  while (at < piece.size()) {
    if (after_cr_) {
      if (piece[at] != '\n') return fault_ = LineFault::bare_cr;
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
    if (line_length_ > longest_) return fault_ = LineFault::too_long;
    if (bare_lf) return fault_ = LineFault::bare_lf;
    after_cr_ = cr < piece.size();
    at = cr + 1;
  }
  return fault_;
}

}  // namespace postern::mail
