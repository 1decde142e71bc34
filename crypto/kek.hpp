// The key of keys: 32 octets that the administrator makes and keeps, under which everything at rest is wrapped.
#pragma once

#include <filesystem>
#include <string>

#include "base/secret_ref.hpp"

namespace postern::crypto {

/// 32 octets, or 64 hexadecimal digits and perhaps a line end. `setting`, "spool.kek": for the error text.
[[nodiscard]] Result<Secret> load_kek(const SecretRef& where, const std::filesystem::path& base,
                                      const std::string& setting);

}  // namespace postern::crypto
