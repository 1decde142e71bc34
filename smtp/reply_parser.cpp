#include "smtp/reply_parser.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"

namespace postern::smtp {
namespace {

std::optional<int> take_number(std::string_view& text) {
  std::size_t digits = 0;
  int value = 0;
  while (digits < text.size() && digits < 3 && is_digit(text[digits]))
    value = value * 10 + (text[digits++] - '0');
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

/// RFC 2034 §4: "2.1.5 Ok". Only where its class agrees with the reply's.
std::optional<mail::StatusCode> parse_status(std::string_view text, int code) {
  const int klass = code / 100;
  const std::string begin = std::to_string(klass) + ".";  // RFC 3463 §2: one digit, and of a subject up to three
  if (!text.starts_with(begin)) return std::nullopt;
  text.remove_prefix(begin.size());
  const auto subject = take_number(text);
  if (!subject || !text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  const auto detail = take_number(text);
  if (!detail || (!text.empty() && text.front() != ' ')) return std::nullopt;
  return mail::StatusCode{klass, *subject, *detail};
}

}  // namespace

ReplyParser::Progress ReplyParser::add(std::string_view line) {
  const bool has_code = line.size() >= 3 && std::all_of(line.begin(), line.begin() + 3, is_digit);
  if (!has_code || line[0] < '2' || line[0] > '5') return Progress::malformed;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  const char mark = line.size() > 3 ? line[3] : ' ';
  if ((mark != ' ' && mark != '-') || (reply_.code != 0 && code != reply_.code)) return Progress::malformed;
  if (lines_.size() == most_lines) return Progress::malformed;

  const std::string_view text = line.substr(std::min<std::size_t>(4, line.size()));
  if (lines_.empty()) {
    reply_.code = code;
    reply_.status = parse_status(text, code);
  }
  lines_.emplace_back(text);
  if (text_.size() < longest_text) text_ += (text_.empty() ? "" : " ") + std::string(text.substr(0, longest_text));
  if (mark == '-') return Progress::more;
  reply_.text = Tainted(text_.substr(0, longest_text));
  return Progress::done;
}

}  // namespace postern::smtp
