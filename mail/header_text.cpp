#include "mail/header_text.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/utf8.hpp"

namespace postern::mail {
namespace {

std::string without_controls(std::string_view text) {
  std::string clean(text);
  std::ranges::replace_if(clean, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, ' ');
  return clean;
}

/// Of whole characters, each on a line of its own.
std::string encoded_words(std::string_view text) {
  constexpr std::size_t octets_a_word = 42;  // 56 of base64, and the frame, are within 75 characters
  std::string words;
  while (!text.empty()) {
    std::size_t size = 0;
    while (size < text.size()) {
      const std::size_t next = std::max<std::size_t>(1, utf8_character(text.substr(size)));
      if (size + next > octets_a_word) break;
      size += next;
    }
    words += (words.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + format_base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return words;
}

}  // namespace

std::string format_header_text(std::string_view text) {
  const std::string clean = without_controls(text);
  return is_ascii(clean) ? clean : encoded_words(clean);
}

std::string format_display_name(std::string_view name) {
  const std::string clean = without_controls(name);
  if (!is_ascii(clean)) return encoded_words(clean);
  std::string quoted = "\"";  // RFC 5322 §3.2.4
  for (const char c : clean) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace postern::mail
