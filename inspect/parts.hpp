// A message → its parts with the text that a reader of each would see. GMime finds the structure; transfer
// decoding, charsets and HTML are ours, so that nothing which a lenient client shows is missed.
//
// parts[0] is the header section (path "0"). Its text is each Subject, decoded and unfolded, a line each,
// then what stands before and after the parts of the outermost multipart. Then come, with IMAP's numbers (RFC
// 9051 §6.4.5):
//   * every leaf part: its file names, a line each, then the decoded text;
//   * every message/rfc822: its file names and the Subject of the message in it; its own parts follow
//   ("2.1");
//   * an inner multipart only where it holds text outside its parts, or cannot be taken apart.
// All texts are normalised (inspect/text.hpp), and offsets in Facts count in them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inspect/inspector.hpp"
#include "mail/facts.hpp"

namespace postern::inspect {

struct ReadPart {
  mail::Part part;
  std::string text;
  /// Other readings of the same octets (HTML with its markup, a charset taken for ASCII). What is found only
  /// here counts as well; offsets go on behind `text`, in order.
  std::vector<std::string> also;
};

struct ReadMessage {
  std::vector<ReadPart> parts;
  std::string subject;  // the beginning of parts[0].text
};

[[nodiscard]] ReadMessage read_message(std::string_view message, const InspectLimits& limits);

/// Every occurrence of the header field `name`, decoded and unfolded, a line each.
[[nodiscard]] std::string read_header(std::string_view message, std::string_view name);

}  // namespace postern::inspect
