// Base64 as MIME writes it (RFC 2045 §6.8): lines of 76 characters, each with CRLF. Appends, so that a message is built
// in the one string in which it leaves.
#pragma once

#include <string>
#include <string_view>

namespace postern::crypto {

/// How long `octets` become, line ends included.
[[nodiscard]] std::size_t base64_lines_size(std::size_t octets);
void append_base64_lines(std::string& out, std::string_view bytes);

}  // namespace postern::crypto
