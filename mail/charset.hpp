// Octets in some charset → UTF-8, so leniently that something readable comes out of any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::mail {

/// The code point at `at`, and its length; an invalid sequence is one byte, read as windows-1252.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 1;
};
[[nodiscard]] CodePoint code_point_at(std::string_view text, std::size_t at);
void append_utf8(std::string& out, std::uint32_t code_point);

/// `charset` as declared, "" where it was not. An unknown one, and invalid bytes in a known one, are read as
/// windows-1252; a byte order mark wins over the declaration.
[[nodiscard]] std::string to_utf8(std::string_view bytes, std::string_view charset);
/// Loads converters for good, for a process that will not be able to open files later. How many: those that mail
/// is written in, or every one of this system, which makes a fork four times as slow.
std::size_t load_usual_charsets();
std::size_t load_all_charsets();
/// False for charsets like UTF-7 and UTF-16, where ASCII bytes do not stand for themselves: a client that
/// does not know them shows the bytes, so both readings are scanned.
[[nodiscard]] bool keeps_ascii(std::string_view charset);

}  // namespace postern::mail
