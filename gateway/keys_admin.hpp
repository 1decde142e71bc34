// What `postern keys` does and says. It works on the key store itself, whether the daemon runs or not: a running one
// sees a change within a second (crypto/key_store.hpp).
#pragma once

#include <string>
#include <vector>

#include <boost/json.hpp>

#include "crypto/key_import.hpp"
#include "crypto/key_store.hpp"

namespace postern::gateway {

/// {"ok": true, "keys": […]}; with `closely` what a certificate says of itself too.
[[nodiscard]] boost::json::object show_keys(const std::vector<crypto::KeyRecord>& keys, bool closely);
[[nodiscard]] boost::json::object show_identities(const std::vector<crypto::SigningIdentity>& identities);

/// The one key that is meant: a fingerprint, or how it begins (8 digits at least), or an address with one key.
/// `awaiting`: of an address's keys only those that await approval.
[[nodiscard]] Result<std::string> resolve_key(crypto::KeyStore& store, const std::string& text, bool awaiting = false);
/// Likewise an identity.
[[nodiscard]] Result<std::string> resolve_identity(crypto::KeyStore& store, const std::string& text);

/// Stores what was read, so many keys in one transaction: what was stored before a crash stays. {"ok": nothing was
/// rejected, "stored": […], "rejected": […]}.
[[nodiscard]] Result<boost::json::object> store_import(crypto::KeyStore& store, const crypto::Import& import);
[[nodiscard]] Result<boost::json::object> store_identities(crypto::KeyStore& store, const crypto::Import& import);

// For a person's eyes
[[nodiscard]] std::string format_keys(const boost::json::object& answer);
[[nodiscard]] std::string format_keys_closely(const boost::json::object& answer);
[[nodiscard]] std::string format_identities(const boost::json::object& answer);
[[nodiscard]] std::string format_import(const boost::json::object& answer);

}  // namespace postern::gateway
