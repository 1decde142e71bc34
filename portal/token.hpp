// Tokens that nobody can guess, and how they are looked up: a session's cookie, a ticket in a form.
#pragma once

#include <string>

#include "base/base64.hpp"
#include "base/random.hpp"
#include "crypto/seal.hpp"

namespace postern::portal {

/// 256 random bits in base64url.
[[nodiscard]] inline std::string make_token(Random& random) {
  return format_base64url(crypto::make_key(random).text());
}

/// What a table is sorted by: a look-up's time says nothing of a token then.
[[nodiscard]] inline std::string digest_of(const std::string& token) {
  return crypto::sha256(token);
}

}  // namespace postern::portal
