// A peer's reply, line by line (RFC 5321 §4.2.1). Hostile input: bounded, and odd forms are errors, not
// guesses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/reply.hpp"

namespace postern::smtp {

class ReplyParser {
 public:
  enum class Progress { more, done, malformed };

  /// `line` without CRLF.
  Progress add(std::string_view line);

  /// After `done`.
  [[nodiscard]] const mail::PeerReply& reply() const { return reply_; }
  /// The text of each line: what EHLO's answer lists.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  static constexpr std::size_t most_lines = 200, longest_text = 4096;
  mail::PeerReply reply_;
  std::vector<std::string> lines_;
  std::string text_;
};

}  // namespace postern::smtp
