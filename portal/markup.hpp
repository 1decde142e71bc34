// HTML by type: what is text is escaped because it is text, and only a literal of ours is markup.
//
//   Markup page = "<h1>"_html + escape(subject) + "</h1>"_html;
//   Markup link = "<a href=\""_html + escape(url) + "\">"_html;       // escape() serves attributes in double quotes
//   too
//
// There is no way from a std::string to Markup but escape(), and rebuilt() for what safe_html has made.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::portal {

class Markup {
 public:
  Markup() = default;
  Markup& operator+=(const Markup& more) {
    text_ += more.text_;
    return *this;
  }
  friend Markup operator+(Markup a, const Markup& b) { return a += b; }
  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  friend Markup operator""_html(const char* literal, std::size_t size);
  friend Markup escape(std::string_view text);
  friend Markup rebuilt(std::string html);
  explicit Markup(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

[[nodiscard]] inline Markup operator""_html(const char* literal, std::size_t size) {
  return Markup(std::string(literal, size));
}

/// For text between tags and for attributes in double quotes: & < > " ' become references; control characters other
/// than tab and line ends, and octets that are not UTF-8, become U+FFFD.
[[nodiscard]] Markup escape(std::string_view text);

/// What safe_html has made, from nothing but tags and attributes of its own lists.
[[nodiscard]] inline Markup rebuilt(std::string html) {
  return Markup(std::move(html));
}

}  // namespace postern::portal
