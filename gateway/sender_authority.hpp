// The gateway's own small authority for senders' certificates (crypto/sender_ca.hpp), kept in STATE/authority: its
// certificate for partners to pin, its private key sealed under the KEK.
//
//   make_authority(folder, kek, {.name = "Clinic mail"}, now, random);    authority.crt goes to the partner
//   issue_identity(folder, kek, address, …) → SigningIdentity             for the key store
#pragma once

#include <filesystem>

#include "crypto/sender_ca.hpp"
#include "crypto/signing_identity.hpp"

namespace postern::gateway {

/// Errc::denied: there is one already; it is not replaced, since partners have pinned it.
[[nodiscard]] Result<crypto::Certificate> make_authority(const std::filesystem::path& folder, const Secret& kek,
                                                         const crypto::SenderCaSettings& settings, Time now,
                                                         Random& random);

/// A certificate and a new private key for one sender. Errc::not_found: there is no authority; Errc::corrupt: another
/// KEK; Errc::invalid: it has expired, or may not issue for the address.
[[nodiscard]] Result<crypto::SigningIdentity> issue_identity(const std::filesystem::path& folder, const Secret& kek,
                                                             const mail::Address& address, crypto::SenderKey key,
                                                             Time now, Random& random);

[[nodiscard]] Result<crypto::Certificate> find_authority(const std::filesystem::path& folder);

}  // namespace postern::gateway
