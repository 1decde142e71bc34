// HKDF-SHA256 (RFC 5869): keys for different purposes from one secret.
#pragma once

#include <string_view>

#include "base/secret.hpp"

namespace postern::crypto {

/// key_size octets. `purpose` is RFC 5869's info.
[[nodiscard]] Secret hkdf(const Secret& from, std::string_view salt, std::string_view purpose);

}  // namespace postern::crypto
