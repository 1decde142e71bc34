#include "portal/markup.hpp"

#include "base/utf8.hpp"

namespace postern::portal {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::string_view reference_for(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

}  // namespace

Markup escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  while (!text.empty()) {
    const char c = text.front();
    const bool white = c == '\t' || c == '\n' || c == '\r';
    const std::size_t octets = white ? 1 : utf8_character(text);
    if (octets == 0) {
      out += replacement;
      text.remove_prefix(1);
      continue;
    }
    const std::string_view reference = reference_for(c);
    out += reference.empty() ? text.substr(0, octets) : reference;
    text.remove_prefix(octets);
  }
  return Markup(std::move(out));
}

}  // namespace postern::portal
