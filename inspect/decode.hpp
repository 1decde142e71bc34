// Transfer decoding (RFC 2045 §6.7, §6.8) that never sees less than a mail client: what a strict decoder
// would reject is read as leniently as the most lenient client does.
#pragma once

#include <string>
#include <string_view>

namespace postern::inspect {

/// Skips what is not in the alphabet and carries on after padding, as clients do with joined base64 blocks.
[[nodiscard]] std::string decode_base64(std::string_view in);
/// An '=' that begins no valid escape stands for itself.
[[nodiscard]] std::string decode_quoted_printable(std::string_view in);

}  // namespace postern::inspect
