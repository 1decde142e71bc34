// OpenPGP keys for an import, as the reader of crypto/openpgp_key has them.
#pragma once

#include "crypto/key_import.hpp"

namespace postern::gateway {

[[nodiscard]] crypto::ReadOpenpgpKeys openpgp_reader();

}  // namespace postern::gateway
