#include "inspect/decode.hpp"

#include <cstdint>
#include <optional>

namespace postern::inspect {
namespace {

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// Length of "[blanks][CR]LF" at the start of `in`, or nothing: what makes an '=' before it a soft line
/// break.
std::optional<std::size_t> soft_break(std::string_view in) {
  std::size_t i = 0;
  while (i < in.size() && (in[i] == ' ' || in[i] == '\t'))
    ++i;
  if (i < in.size() && in[i] == '\r') ++i;
  if (i == in.size()) return i;
  if (in[i] == '\n') return i + 1;
  return std::nullopt;
}

}  // namespace

std::string decode_base64(std::string_view in) {
  std::string out;
  out.reserve(in.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  const auto flush = [&] {
    if (count >= 2) out.push_back(static_cast<char>(bits >> (count == 2 ? 4 : 10)));
    if (count == 3) out.push_back(static_cast<char>(bits >> 2));
    bits = count = 0;
  };
  for (const char c : in) {
    if (c == '=') flush();
    const int value = base64_value(c);
    if (value < 0) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++count < 4) continue;
    out.push_back(static_cast<char>(bits >> 16));
    out.push_back(static_cast<char>(bits >> 8));
    out.push_back(static_cast<char>(bits));
    bits = count = 0;
  }
  flush();
  return out;
}

std::string decode_quoted_printable(std::string_view in) {
  std::string out;
  out.reserve(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] != '=') {
      out.push_back(in[i]);
      continue;
    }
    const std::string_view rest = in.substr(i + 1);
    const int high = !rest.empty() ? hex_value(rest[0]) : -1;
    const int low = rest.size() > 1 ? hex_value(rest[1]) : -1;
    if (high >= 0 && low >= 0) {
      out.push_back(static_cast<char>(high << 4 | low));
      i += 2;
    } else if (const auto skipped = soft_break(rest)) {
      i += *skipped;
    } else {
      out.push_back('=');
    }
  }
  return out;
}

}  // namespace postern::inspect
