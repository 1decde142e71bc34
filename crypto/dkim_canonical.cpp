#include "crypto/dkim_canonical.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace postern::crypto {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t flush_at = 4096;  // octets
constexpr std::size_t slice = 1024;     // is looked at as a whole

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// §3.4.2: no line ends, each run of blanks one space, none at the ends.
std::string relaxed_value(std::string_view raw) {
  std::string value;
  bool blank = false;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw.substr(i).starts_with(line_end)) {
      ++i;
    } else if (is_blank(raw[i])) {
      blank = true;
    } else {
      if (blank && !value.empty()) value += ' ';
      blank = false;
      value += raw[i];
    }
  }
  return value;
}

/// Is its relaxed form itself, whatever follows? No branches: the compiler looks at 16 octets at a time.
bool is_relaxed(std::string_view text) {
  unsigned wrong = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const char c = text[i], next = text[i + 1];
    const auto ends = static_cast<unsigned>(next == ' ') | static_cast<unsigned>(next == '\r');
    wrong |= static_cast<unsigned>(c == '\t') | (static_cast<unsigned>(c == ' ') & ends);
  }
  return wrong == 0 && (text.empty() || text.back() != '\t');
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
    std::string_view text = piece.substr(0, slice);
    // What a blank or a CR becomes depends on what follows.
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r'))
      text.remove_suffix(1);
    const bool unchanged = !text.empty() && !blank_ && !after_cr_ && (form_ == Canonical::simple || is_relaxed(text));
    if (unchanged) {
      take_unchanged(text, sink);
    } else {
      text = piece.substr(0, slice);
      for (const char c : text)
        take(c, sink);
    }
    piece.remove_prefix(text.size());
  }
  flush(sink);
}

void CanonicalBody::take_unchanged(std::string_view text, const Sink& sink) {
  std::uint64_t ends = 0;
  while (text.ends_with(line_end)) {
    text.remove_suffix(line_end.size());
    ++ends;
  }
  if (!text.empty()) {
    release(sink);
    put(text, sink);
  }
  line_ends_ += ends;
}

void CanonicalBody::take(char c, const Sink& sink) {
  if (after_cr_) {
    after_cr_ = false;
    if (c == '\n') {
      blank_ = false;
      ++line_ends_;
      return;
    }
    release(sink);
    out_ += '\r';  // alone: an octet like any other
  }
  if (c == '\r') {
    after_cr_ = true;
  } else if (form_ == Canonical::relaxed && is_blank(c)) {
    blank_ = true;
  } else {
    release(sink);
    out_ += c;
    if (out_.size() >= flush_at) flush(sink);
  }
}

void CanonicalBody::release(const Sink& sink) {
  for (; line_ends_ > 0; --line_ends_)
    put(line_end, sink);
  if (blank_) put(" ", sink);
  blank_ = false;
  empty_ = false;
}

void CanonicalBody::put(std::string_view text, const Sink& sink) {
  if (text.size() >= slice / 2) {
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
  if (after_cr_) {
    release(sink);
    out_ += '\r';
  }
  // §3.4.3: the simple form of an empty body is one line end. §3.4.4: its relaxed form is nothing.
  if (!empty_ || form_ == Canonical::simple) out_ += line_end;
  flush(sink);
}

}  // namespace postern::crypto
