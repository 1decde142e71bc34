// Small things at rest that are written again: each time under a key of its own (HKDF-SHA256 with a random salt from
// `key`), so that no nonce is ever used twice. AES-256-GCM.
//
//   const std::string sealed = seal_box(key, "account anna", plain, random);
//
// `what` is bound to it: a box cannot be moved to where another one is expected.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

namespace postern::crypto {

[[nodiscard]] std::string seal_box(const Secret& key, std::string_view what, std::string_view plain, Random& random);
/// Errc::corrupt: another key's, another thing's, or damaged.
[[nodiscard]] Result<Secret> open_box(const Secret& key, std::string_view what, std::string_view sealed);

}  // namespace postern::crypto
