// The text form of DSN parameters (RFC 3461 §4): printable ASCII, where "+" and two hexadecimal digits stand for an
// octet. Envelopes keep it as it came, so that it can be passed on as it came; only a notice shows what it stands for.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::mail {

[[nodiscard]] bool is_xtext(std::string_view text);
/// The octets that it stands for; an Error where it is none.
[[nodiscard]] Result<std::string> decode_xtext(std::string_view text);
[[nodiscard]] std::string encode_xtext(std::string_view octets);

}  // namespace postern::mail
