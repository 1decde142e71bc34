// Senders' identities as rows. Each function runs in the transaction of its caller and throws a sql::Fault.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "crypto/key_store.hpp"
#include "crypto/sql.hpp"

namespace postern::crypto {

/// Private keys are sealed with it; empty where there is no KEK.
struct IdentitySeal {
  Secret key;
  Random& random;
};

/// The first KEK that opens a database leaves a mark in it; any other is Errc::denied from then on.
void check_kek(sql::Session& session, const IdentitySeal& seal);

[[nodiscard]] Result<void> check_identity(const SigningIdentity& identity);
void add_identity(sql::Session& session, const SigningIdentity& identity, const IdentitySeal& seal);

struct KnownIdentity {
  Time not_before{};
  std::optional<Time> not_after;
  Result<SigningIdentity> identity;  // or why it cannot be opened
};
/// Those of the address, then those of its whole domain; in each the newest first.
[[nodiscard]] std::vector<KnownIdentity> find_identities(sql::Session& session, const std::string& address,
                                                         KeyKind kind, const IdentitySeal& seal);
/// The first that is valid then; null where none is.
[[nodiscard]] const Result<SigningIdentity>* valid_identity(const std::vector<KnownIdentity>& known, Time at);

[[nodiscard]] std::vector<SigningIdentity> list_identities(sql::Session& session);
void remove_identity(sql::Session& session, const std::string& fingerprint);

}  // namespace postern::crypto
