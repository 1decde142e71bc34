#include "inspect/text.hpp"

#include "mail/charset.hpp"

namespace postern::inspect {
namespace {

bool invisible(std::uint32_t c) {
  return c == 0 || c == 0xad || c == 0x34f || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff;
}

std::uint32_t visible_form(std::uint32_t c) {
  if (c < 0xa0) return c;
  if (c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f || c == 0x3000) return ' ';
  if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe58 || c == 0xfe63) return '-';
  if (c == 0x2018 || c == 0x2019 || c == 0x201b) return '\'';
  if (c == 0x201c || c == 0x201d || c == 0x201f) return '"';
  if (c == 0x2028 || c == 0x2029) return '\n';
  if (c >= 0xff01 && c <= 0xff5e) return c - 0xff01 + '!';
  return c;
}

/// How many octets at the front are visible ASCII: they are what they are, whatever stands around them.
std::size_t visible_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] > ' ' && text[length] < 0x7f)
    ++length;
  return length;
}

}  // namespace

std::string normalise(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t visible = visible_length(text.substr(i));
    out += text.substr(i, visible);
    i += visible;
    if (i == text.size()) break;
    const mail::CodePoint c = mail::code_point_at(text, i);
    i += c.size;
    if (invisible(c.value)) continue;
    std::uint32_t seen = visible_form(c.value);
    if (seen == '\r') {
      if (i < text.size() && text[i] == '\n') continue;
      seen = '\n';
    }
    if (seen == '\n') {
      while (!out.empty() && blank(out.back()))
        out.pop_back();
    } else if (seen == ' ' || seen == '\t') {
      if (!out.empty() && (blank(out.back()) || out.back() == '\n')) continue;
    }
    mail::append_utf8(out, seen);
  }
  return out;
}

bool is_word(std::uint32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
  if (c == 0xd7 || c == 0xf7) return false;
  const bool symbol = (c >= 0x2000 && c <= 0x206f) || (c >= 0x20a0 && c <= 0x20cf) || (c >= 0x2100 && c <= 0x2bff) ||
                      (c >= 0x3000 && c <= 0x303f) || (c >= 0xff00 && c <= 0xff0f) || c == 0xfffd ||
                      (c >= 0x1f000 && c <= 0x1faff);
  return !symbol;
}

}  // namespace postern::inspect
