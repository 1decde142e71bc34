// OpenPGP keys for an import, as the reader of crypto/openpgp_key has them.
#pragma once

#include "crypto/key_import.hpp"

namespace postern::gateway {

/// Empty where this build has no OpenPGP library.
[[nodiscard]] crypto::ReadOpenpgpKeys openpgp_reader();

}  // namespace postern::gateway
