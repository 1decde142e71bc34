// Where a secret lies; configuration never holds the secret itself. "credential:NAME" is a systemd credential
// ($CREDENTIALS_DIRECTORY/NAME), "file:PATH" a file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern {

struct SecretRef {
  enum class Kind { credential, file } kind = Kind::file;
  std::string name;  // of the credential, or the path
  bool operator==(const SecretRef&) const = default;
};

/// "pkcs11:" is an error that says so: a private key may lie there (key_reference), a secret that is read may not.
[[nodiscard]] Result<SecretRef> parse_secret_ref(std::string_view text);
[[nodiscard]] std::string format_secret_ref(const SecretRef& ref);

/// Reads it. `base` is what a relative path is relative to. Errors name the reference, never what was read.
[[nodiscard]] Result<Secret> load_secret(const SecretRef& ref, const std::filesystem::path& base);

}  // namespace postern
