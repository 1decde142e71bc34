#include "crypto/base64.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace postern::crypto {
namespace {

constexpr std::size_t octets_a_line = 57;  // 76 characters

using Pair = std::array<char, 2>;

/// Two characters at once for every 12 bits: half the look-ups, and sealing spends a tenth of its time here.
constexpr std::array<Pair, 4096> pairs = [] {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<Pair, 4096> made{};
  for (std::size_t bits = 0; bits < made.size(); ++bits)
    made[bits] = {alphabet[bits >> 6], alphabet[bits & 63]};
  return made;
}();

char* put_three(char* to, const unsigned char* from) {
  const unsigned bits = static_cast<unsigned>(from[0]) << 16 | static_cast<unsigned>(from[1]) << 8 | from[2];
  std::memcpy(to, pairs[bits >> 12].data(), 2);
  std::memcpy(to + 2, pairs[bits & 0xfff].data(), 2);
  return to + 4;
}

/// Six octets by one load; reads eight.
char* put_six(char* to, const unsigned char* from) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, from, sizeof bits);
  if constexpr (std::endian::native == std::endian::little) bits = std::byteswap(bits);
  for (unsigned shift = 52; shift >= 16; shift -= 12, to += 2)
    std::memcpy(to, pairs[bits >> shift & 0xfff].data(), 2);
  return to;
}

char* put_line_end(char* to) {
  *to++ = '\r';
  *to++ = '\n';
  return to;
}

/// 57 octets: the ninth load reads up to the 56th.
char* put_full_line(char* to, const unsigned char* from) {
  for (int i = 0; i < 9; ++i, from += 6)
    to = put_six(to, from);
  return put_line_end(put_three(to, from));
}

char* put_last_line(char* to, const unsigned char* from, std::size_t size) {
  for (; size >= 3; size -= 3, from += 3)
    to = put_three(to, from);
  if (size > 0) {
    const unsigned char last[3] = {from[0], size > 1 ? from[1] : static_cast<unsigned char>(0), 0};
    put_three(to, last);
    if (size == 1) to[2] = '=';
    to[3] = '=';
    to += 4;
  }
  return put_line_end(to);
}

}  // namespace

std::size_t base64_lines_size(std::size_t octets) {
  return (octets + 2) / 3 * 4 + (octets + octets_a_line - 1) / octets_a_line * 2;
}

void append_base64_lines(std::string& out, std::string_view bytes) {
  const std::size_t before = out.size();
  const std::size_t after = before + base64_lines_size(bytes.size());
  out.resize_and_overwrite(after, [&](char* data, std::size_t) {
    const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
    const unsigned char* const end = from + bytes.size();
    char* to = data + before;
    for (; static_cast<std::size_t>(end - from) >= octets_a_line; from += octets_a_line)
      to = put_full_line(to, from);
    if (from < end) put_last_line(to, from, static_cast<std::size_t>(end - from));
    return after;
  });
}

}  // namespace postern::crypto
