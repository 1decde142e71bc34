// The body inside BDAT chunks (RFC 3030): octets as they are. Exchange Online sends bare LF this way, since
// no dot and no line end means anything here – but they would in the DATA by which the message leaves. So a
// bare LF becomes CRLF, or refuses the message, by setting; a bare CR or a NUL always refuses it. Works
// across chunk borders.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "mail/lines.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

class BdatDecoder {
 public:
  BdatDecoder(BareLf bare_lf, std::size_t longest_line) : bare_lf_(bare_lf), checker_(longest_line) {}

  /// Views of the body are appended to `pieces`; they live as long as `in` does (or are constants).
  void feed(std::string_view in, std::vector<std::string_view>& pieces);
  /// After the last chunk: ends a last line that has no end.
  void finish(std::vector<std::string_view>& pieces);

  [[nodiscard]] mail::LineFault fault() const { return checker_.fault(); }
  [[nodiscard]] std::uint64_t bare_lf_mended() const { return mended_; }
  [[nodiscard]] bool final_line_ended() const { return final_line_ended_; }

 private:
  void give(std::string_view piece, std::vector<std::string_view>& pieces);

  BareLf bare_lf_;
  mail::LineChecker checker_;
  bool after_cr_ = false;
  std::uint64_t mended_ = 0;
  bool final_line_ended_ = false;
};

}  // namespace postern::smtp
