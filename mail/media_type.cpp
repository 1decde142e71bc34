#include "mail/media_type.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::mail {
namespace {

constexpr std::string_view not_in_tokens = "()<>@,;:\\\"/[]?= \t";

/// One pass over the value; what does not fit makes it fail, and then it stays so.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() {
    skip();
    return !failed_ && text_.empty();
  }
  bool take(char c) {
    skip();
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::string token() {
    skip();
    const auto end =
        std::ranges::find_if(text_, [](char c) { return c <= ' ' || c > '~' || not_in_tokens.contains(c); });
    const auto size = static_cast<std::size_t>(end - text_.begin());
    if (size == 0) failed_ = true;
    std::string found(text_.substr(0, size));
    text_.remove_prefix(size);
    return found;
  }
  std::string value() { return take('"') ? quoted() : token(); }

 private:
  std::string quoted() {
    std::string found;
    while (!text_.empty() && text_.front() != '"') {
      if (text_.front() == '\\') text_.remove_prefix(1);
      if (text_.empty()) break;
      found += text_.front();
      text_.remove_prefix(1);
    }
    if (!take_here('"')) failed_ = true;
    return found;
  }
  /// Blanks and comments (RFC 5322 §3.2.2).
  void skip() {
    for (std::size_t depth = 0; !text_.empty(); text_.remove_prefix(1)) {
      const char c = text_.front();
      if (c == '(') ++depth;
      if (depth == 0 && c != ' ' && c != '\t') return;
      if (depth > 0 && c == ')') --depth;
      if (depth > 0 && c == '\\' && text_.size() > 1) text_.remove_prefix(1);
      if (depth > 0 && text_.size() == 1) failed_ = true;  // a comment without end
    }
  }
  bool take_here(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  std::string_view text_;
  bool failed_ = false;
};

}  // namespace

std::optional<std::string_view> MediaType::parameter(std::string_view name) const {
  const auto found = std::ranges::find(parameters, name, &std::pair<std::string, std::string>::first);
  if (found == parameters.end()) return std::nullopt;
  return found->second;
}

std::optional<MediaType> parse_media_type(std::string_view raw) {
  const std::string text = unfold(raw);
  Scanner in(text);
  MediaType media;
  media.type = lowered(in.token());
  if (!in.take('/')) return std::nullopt;
  media.type += "/" + lowered(in.token());
  while (!in.failed() && !in.at_end()) {
    if (!in.take(';')) return std::nullopt;
    if (in.at_end()) break;  // a semicolon at the end is common, and means nothing
    std::string name = lowered(in.token());
    if (!in.take('=')) return std::nullopt;
    media.parameters.emplace_back(std::move(name), in.value());
  }
  if (in.failed()) return std::nullopt;
  return media;
}

}  // namespace postern::mail
