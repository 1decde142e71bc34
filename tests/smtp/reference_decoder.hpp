// The rules of bodies, read slowly and plainly: what the decoders are compared with, here and in fuzz/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mail/lines.hpp"

namespace postern::test {

/// The first thing that is wrong with the lines of `body`, octet by octet; `complete`: no more comes.
/// The longest line counts octets without its CRLF.
inline mail::LineFault line_fault(std::string_view body, std::size_t longest) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (c == '\0') return mail::LineFault::nul;
    if (c == '\n') return mail::LineFault::bare_lf;
    if (c == '\r') {
      if (i + 1 == body.size()) return mail::LineFault::none;  // not known yet
      if (body[i + 1] != '\n') return mail::LineFault::bare_cr;
      ++i;
      length = 0;
    } else if (++length > longest) {
      return mail::LineFault::too_long;
    }
  }
  return mail::LineFault::none;
}

struct ReferenceBody {
  std::string body;  // without the dots; what a fault spoils included
  std::size_t used = 0;
  bool ended = false;
  mail::LineFault fault = mail::LineFault::none;
};

/// RFC 5321 §4.5.2: the end is the first CRLF "." CRLF (or "." CRLF at the very beginning); a dot that begins
/// a line is dropped.
inline ReferenceBody read_data(std::string_view in, std::size_t longest) {
  ReferenceBody result;
  const std::size_t end = in.starts_with(".\r\n") ? 0 : in.find("\r\n.\r\n");
  result.ended = end != std::string_view::npos;
  std::size_t lines = in.size();
  if (result.ended) {
    lines = end == 0 && in.starts_with(".\r\n") ? 0 : end + 2;
    result.used = lines + 3;
  } else {
    result.used = in.size();
    // These may be the beginning of the end.
    for (const std::string_view begun : {".\r", "."}) {
      const bool at_line_start = in == begun || in.ends_with("\r\n" + std::string(begun));
      if (at_line_start) {
        lines -= begun.size();
        break;
      }
    }
  }
  for (std::size_t i = 0; i < lines; ++i) {
    const bool line_start = i == 0 || (i >= 2 && in[i - 2] == '\r' && in[i - 1] == '\n');
    if (!(line_start && in[i] == '.')) result.body += in[i];
  }
  result.fault = line_fault(result.body, longest);
  return result;
}

struct ReferenceChunks {
  std::string body;
  mail::LineFault fault = mail::LineFault::none;
  std::uint64_t mended = 0;
  bool ended_line = false;
};

/// All of a message that came by BDAT.
inline ReferenceChunks read_chunks(std::string_view in, bool normalise) {
  ReferenceChunks result;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool bare = in[i] == '\n' && (i == 0 || in[i - 1] != '\r');
    if (bare && normalise) {
      result.body += '\r';
      ++result.mended;
    }
    result.body += in[i];
  }
  result.fault = line_fault(result.body, 1000);
  if (result.fault != mail::LineFault::none) return result;
  if (result.body.ends_with('\r')) result.fault = mail::LineFault::bare_cr;
  if (!result.body.empty() && !result.body.ends_with("\r\n")) {
    result.body += "\r\n";
    result.ended_line = result.fault == mail::LineFault::none;
  }
  return result;
}

}  // namespace postern::test
