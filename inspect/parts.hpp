// A message → its parts, and the text that a reader of each would see. GMime finds the structure; transfer decoding,
// charsets and HTML are ours, so that nothing which a lenient client shows is missed.
//
// Part 0 is the header section (path "0"). Its text is each Subject, decoded and unfolded, a line each, then what
// stands before and after the parts of the outermost multipart. Then come, with IMAP's numbers (RFC 9051 §6.4.5):
//   * every leaf part: its file names, a line each, then the decoded text;
//   * every message/rfc822: its file names and the Subject of the message in it; its own parts follow ("2.1");
//   * an inner multipart only where it holds text outside its parts, or cannot be taken apart.
// All texts are normalised (inspect/text.hpp), and offsets in Facts count in them.
//
// Texts are given away as they are read, part by part, and a part of more than `most_whole` octets in pieces, so that
// memory does not grow with the message. What has to be in memory whole (markup, charsets that do not keep ASCII, an
// encoded message, uuencode) and is longer is `too-large`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/inspector.hpp"
#include "mail/facts.hpp"

namespace postern::inspect {

class TextSink {
 public:
  virtual ~TextSink() = default;
  /// A reading of part `index`; the first one, then others of the same octets (HTML with its markup, a charset taken
  /// for ASCII): what is found only there counts as well, and offsets go on behind. Parts come in order. `more`: this
  /// was a piece, and the reading goes on.
  virtual void take(std::size_t index, std::string text, bool more) = 0;
};

inline constexpr std::size_t most_whole = 16U << 20;  // octets

[[nodiscard]] std::vector<mail::Part> read_message(std::string_view message, const InspectLimits& limits,
                                                   TextSink& texts);

/// Every occurrence of the header field `name`, decoded and unfolded, a line each.
[[nodiscard]] std::string read_header(std::string_view message, std::string_view name);

}  // namespace postern::inspect
