#include "portal/shown_text.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "mail/charset.hpp"

namespace postern::portal {
namespace {

constexpr char32_t replacement = 0xfffd;

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

struct Line {
  std::size_t quoted = 0;  // '>' before it
  std::string_view text;
  bool flows = false;  // its paragraph goes on
};

/// RFC 3676 §4.3 to §4.5: quotes, then a stuffed space; "-- " ends what is said and never flows.
Line read_line(std::string_view text) {
  Line line;
  line.quoted = std::min(text.find_first_not_of('>'), text.size());
  text.remove_prefix(line.quoted);
  if (text.starts_with(' ')) text.remove_prefix(1);
  line.flows = text.ends_with(' ') && text != "-- ";
  line.text = text;
  return line;
}

}  // namespace

bool is_deceptive(char32_t c) {
  return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

std::string shown_text(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto c = decode_utf8(text);
    const bool crlf = text.starts_with("\r\n");
    if (c.octets == 0) {
      mail::append_utf8(out, replacement);
    } else if (c.code == '\r' || c.code == '\f' || c.code == '\v') {
      if (!crlf) out += '\n';
    } else if (c.code != '\n' && c.code != '\t' && is_control(c.code)) {
      mail::append_utf8(out, replacement);
    } else {
      out += text.substr(0, c.octets);
    }
    text.remove_prefix(std::max<std::size_t>(c.octets, 1));
  }
  return out;
}

std::string shown_line(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t characters = 0;
  bool blank = false;
  while (!text.empty()) {
    const auto c = decode_utf8(text);
    const std::size_t octets = std::max<std::size_t>(c.octets, 1);
    const std::string_view character = text.substr(0, octets);
    text.remove_prefix(octets);
    if (c.octets > 0 && (is_control(c.code) || c.code == ' ' || c.code == 0x2028 || c.code == 0x2029)) {
      blank = !out.empty();
      continue;
    }
    if (c.octets > 0 && is_deceptive(c.code)) continue;
    if (characters + (blank ? 1 : 0) >= most) return out + "…";
    if (blank) out += ' ';
    characters += blank ? 2 : 1;
    blank = false;
    if (c.octets == 0) {
      mail::append_utf8(out, replacement);
    } else {
      out += character;
    }
  }
  return out;
}

std::string unfold_flowed(std::string_view text, bool delete_space) {
  std::string out;
  out.reserve(text.size());
  bool flowing = false;
  std::size_t quoted = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    Line line = read_line(text.substr(0, end));
    const bool ended = end < text.size();
    text.remove_prefix(ended ? end + 1 : end);
    if (flowing && (line.quoted != quoted || line.text == "-- ")) {  // §4.5: a paragraph ends where the depth changes
      out += '\n';
      flowing = false;
    }
    if (!flowing && line.quoted > 0) out += std::string(line.quoted, '>') + (line.text.empty() ? "" : " ");
    if (line.flows && delete_space) line.text.remove_suffix(1);
    out += line.text;
    flowing = line.flows && ended && !text.empty();
    quoted = line.quoted;
    if (!flowing && ended) out += '\n';
  }
  return out;
}

std::string_view first_octets(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80)
    --most;
  return text.substr(0, most);
}

}  // namespace postern::portal
