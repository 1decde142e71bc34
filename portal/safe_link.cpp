#include "portal/safe_link.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t longest = 4'000;

/// WHATWG URL §4.4: blanks and controls at the ends go, tabs and line ends everywhere.
std::string stripped(std::string_view address) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!address.empty() && is_blank(address.front()))
    address.remove_prefix(1);
  while (!address.empty() && is_blank(address.back()))
    address.remove_suffix(1);
  std::string out(address);
  std::erase_if(out, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return out;
}

void append_percent(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto octet = static_cast<unsigned char>(c);
  out += '%';
  out += digits[octet >> 4];
  out += digits[octet & 15];
}

/// Octets that no address holds, and those that end or hide one on a page, in percents.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool odd = static_cast<unsigned char>(c) <= ' ' || c == 0x7f || std::string_view("\"<>`{}|^\\").contains(c);
    if (odd) {
      append_percent(out, c);
    } else {
      out += c;
    }
  }
  return out;
}

/// Of a mail link the address and the subject: other fields can name files, or more recipients than one sees.
std::optional<std::string> mail_link(std::string_view rest) {
  const std::size_t query = std::min(rest.find_first_of("?#"), rest.size());
  const std::string_view address = rest.substr(0, query);
  if (address.find('@') == std::string_view::npos) return std::nullopt;
  std::string out = "mailto:" + plain(address);
  std::string_view fields = rest.substr(std::min(query + 1, rest.size()));
  if (lowered(fields.substr(0, 8)) == "subject=") {
    fields = fields.substr(8);
    out += "?subject=" + plain(fields.substr(0, fields.find_first_of("&#")));
  }
  return out;
}

std::optional<std::string> web_link(std::string scheme, std::string rest) {
  const std::size_t path = std::min(rest.find_first_of("?#"), rest.size());
  std::replace(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(path), '\\', '/');
  if (!rest.starts_with("//")) return std::nullopt;  // relative where the page has the same scheme
  const std::string_view behind = std::string_view(rest).substr(2);
  const std::string_view authority = behind.substr(0, behind.find_first_of("/?#"));
  const bool odd = std::ranges::any_of(authority, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || std::string_view("@%\"<>`{}|^").contains(c);
  });
  if (authority.empty() || authority.starts_with(':') || odd) return std::nullopt;
  return scheme + ":" + plain(rest);
}

}  // namespace

std::optional<std::string> safe_link(std::string_view address) {
  if (address.size() > longest || !is_utf8(stripped(address))) return std::nullopt;
  const std::string text = stripped(address);
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string scheme = lowered(std::string_view(text).substr(0, colon));
  if (scheme == "mailto") return mail_link(std::string_view(text).substr(colon + 1));
  if (scheme == "http" || scheme == "https") return web_link(scheme, text.substr(colon + 1));
  return std::nullopt;
}

}  // namespace postern::portal
