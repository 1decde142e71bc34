// Base64 (RFC 4648 §4) as keys and signatures are written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::crypto {

[[nodiscard]] std::string encode_base64(std::string_view octets);
/// Blanks and line ends are passed over wherever they are; anything else outside of the alphabet, and padding that does
/// not fit, is an error.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace postern::crypto
