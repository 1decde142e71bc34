// HMAC-SHA256 (RFC 2104).
#pragma once

#include <array>
#include <string_view>

#include "base/secret.hpp"

namespace postern::crypto {

using Mac = std::array<unsigned char, 32>;

[[nodiscard]] Mac hmac_sha256(const Secret& key, std::string_view text);

}  // namespace postern::crypto
