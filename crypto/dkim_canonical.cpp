#include "crypto/dkim_canonical.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace postern::crypto {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t flush_at = 4096, worth_no_copy = 512;  // octets

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// How many octets at the front are neither blanks (but in the simple form those too) nor CRs.
std::size_t ordinary(std::string_view text, Canonical form) {
  const auto special = [form](char c) { return c == '\r' || (form == Canonical::relaxed && is_blank(c)); };
  return static_cast<std::size_t>(std::ranges::find_if(text, special) - text.begin());
}

/// §3.4.2: no line ends, each run of blanks one space, none at the ends.
std::string relaxed_value(std::string_view raw) {
  std::string value;
  bool blank = false;
  while (!raw.empty()) {
    std::size_t taken = 1;
    if (raw.starts_with(line_end)) {
      taken = line_end.size();
    } else if (is_blank(raw.front())) {
      blank = true;
    } else {
      taken = std::max(taken, ordinary(raw, Canonical::relaxed));
      if (blank && !value.empty()) value += ' ';
      blank = false;
      value += raw.substr(0, taken);
    }
    raw.remove_prefix(taken);
  }
  return value;
}

/// Is the relaxed form of a line, given without its CRLF, the line itself? No branches: the compiler looks at 16 octets
/// at a time.
bool is_relaxed(std::string_view line) {
  if (line.empty()) return true;
  std::uint8_t wrong = 0;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const auto blank = static_cast<std::uint8_t>(line[i] == ' '), tab = static_cast<std::uint8_t>(line[i] == '\t'),
               next = static_cast<std::uint8_t>(line[i + 1] == ' ');
    wrong = static_cast<std::uint8_t>(wrong | tab | (blank & next));
  }
  return wrong == 0 && !is_blank(line.back());
}

/// The length of the whole lines at the front that stay as they are.
std::size_t unchanged_lines(std::string_view text, Canonical form) {
  std::size_t length = 0;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', length)) {
    const std::string_view line = text.substr(length, end + 1 - length);
    if (!line.ends_with(line_end)) break;
    if (form == Canonical::relaxed && !is_relaxed(line.substr(0, line.size() - line_end.size()))) break;
    length = end + 1;
  }
  return length;
}

}  // namespace

std::string canonical_field(std::string_view field, Canonical form) {
  if (field.ends_with(line_end)) field.remove_suffix(line_end.size());
  if (form == Canonical::simple) return std::string(field) + "\r\n";
  const std::size_t colon = std::min(field.find(':'), field.size());
  std::string canonical = lowered(relaxed_value(field.substr(0, colon)));
  if (colon < field.size()) canonical += ":" + relaxed_value(field.substr(colon + 1));
  return canonical + "\r\n";
}

void CanonicalBody::append(std::string_view piece, const Sink& sink) {
  while (!piece.empty()) {
    // In most mail most lines are their own canonical form: they are given on together.
    const std::size_t same = blank_ || after_cr_ ? 0 : unchanged_lines(piece, form_);
    take_unchanged(piece.substr(0, same), sink);
    piece.remove_prefix(same);
    const std::string_view line = piece.substr(0, std::min(piece.find('\n'), piece.size() - 1) + 1);
    take(line, sink);
    piece.remove_prefix(line.size());
  }
  flush(sink);
}

void CanonicalBody::take_unchanged(std::string_view lines, const Sink& sink) {
  std::uint64_t ends = 0;
  while (lines.ends_with(line_end)) {
    lines.remove_suffix(line_end.size());
    ++ends;
  }
  if (!lines.empty()) content(lines, sink);
  line_ends_ += ends;
}

void CanonicalBody::take(std::string_view text, const Sink& sink) {
  while (!text.empty()) {
    std::size_t taken = 1;
    if (after_cr_) {
      after_cr_ = false;
      if (text.front() == '\n') {
        blank_ = false;
        ++line_ends_;
      } else {
        content("\r", sink);  // alone: an octet like any other
        taken = 0;
      }
    } else if (text.front() == '\r') {
      after_cr_ = true;
    } else if (form_ == Canonical::relaxed && is_blank(text.front())) {
      blank_ = true;
    } else {
      taken = ordinary(text, form_);
      content(text.substr(0, taken), sink);
    }
    text.remove_prefix(taken);
  }
}

/// What was held back before it counts after all.
void CanonicalBody::content(std::string_view text, const Sink& sink) {
  for (; line_ends_ > 0; --line_ends_)
    put(line_end, sink);
  if (blank_) put(" ", sink);
  blank_ = false;
  empty_ = false;
  put(text, sink);
}

void CanonicalBody::put(std::string_view text, const Sink& sink) {
  if (text.size() >= worth_no_copy) {
    flush(sink);
    return sink(text);
  }
  out_ += text;
  if (out_.size() >= flush_at) flush(sink);
}

void CanonicalBody::flush(const Sink& sink) {
  if (out_.empty()) return;
  sink(out_);
  out_.clear();
}

void CanonicalBody::finish(const Sink& sink) {
  if (after_cr_) content("\r", sink);
  // §3.4.3: the simple form of an empty body is one line end. §3.4.4: its relaxed form is nothing.
  if (!empty_ || form_ == Canonical::simple) out_ += line_end;
  flush(sink);
}

}  // namespace postern::crypto
