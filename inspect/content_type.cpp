#include "inspect/content_type.hpp"

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::inspect {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_token(char c) {  // RFC 2045 §5.1; octets above ASCII are let through, as readers do
  return static_cast<unsigned char>(c) > ' ' && c != 0x7f &&
         std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool ended() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return ended() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c || ended()) return false;
    ++at_;
    return true;
  }

  /// Blanks and comments, which nest (RFC 5322 §3.2.2).
  void skip_blanks() {
    while (!ended() && (is_blank(peek()) || peek() == '(')) {
      if (peek() == '(') {
        skip_comment();
      } else {
        ++at_;
      }
    }
  }
  std::string token() {
    std::string out;
    while (!ended() && is_token(peek()))
      out += text_[at_++];
    return out;
  }
  std::string value() {
    if (!take('"')) return bare_value();
    std::string out;
    while (!ended() && peek() != '"') {
      if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
      if (peek() != '\r' && peek() != '\n') out += peek();
      ++at_;
    }
    take('"');
    return out;
  }
  /// To the next parameter, past whatever is in between.
  bool next_parameter() {
    while (!ended() && peek() != ';') {
      if (peek() == '"') {
        (void)value();
      } else if (peek() == '(') {
        skip_comment();
      } else {
        ++at_;
      }
    }
    return take(';');
  }

 private:
  /// Senders forget the quotes around "----=_Part_1": everything counts up to a blank or ';'.
  std::string bare_value() {
    std::string out;
    while (!ended() && !is_blank(peek()) && peek() != ';')
      out += text_[at_++];
    return out;
  }
  void skip_comment() {
    int depth = 0;
    while (!ended()) {
      const char c = text_[at_++];
      if (c == '\\' && !ended()) ++at_;
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0) return;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<ContentType> parse_content_type(std::string_view raw) {
  Cursor in(raw);
  ContentType parsed;
  in.skip_blanks();
  parsed.type = lowered(in.token());
  in.skip_blanks();
  if (!in.take('/')) return std::nullopt;
  in.skip_blanks();
  parsed.subtype = lowered(in.token());
  if (parsed.subtype.empty()) return std::nullopt;
  while (in.next_parameter()) {
    in.skip_blanks();
    const std::string name = lowered(in.token());
    in.skip_blanks();
    if (!in.take('=')) continue;
    in.skip_blanks();
    std::string value = in.value();
    if (name == "boundary" && !parsed.boundary) parsed.boundary = std::move(value);
  }
  return parsed;
}

}  // namespace postern::inspect
