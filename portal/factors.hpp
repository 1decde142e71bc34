// The optional second factors of an account, as they lie in its box: an authenticator app, and passkeys. Access control
// and not keys: who has box and password needs none of them. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/codec.hpp"
#include "base/secret.hpp"
#include "crypto/totp.hpp"
#include "crypto/webauthn.hpp"

namespace postern::portal {

inline constexpr std::size_t most_passkeys = 5;

struct TotpFactor {
  Secret secret;
  std::uint64_t last_step = 0;  // that was used: none is used twice
  Time since{};
};

struct PasskeyFactor {
  crypto::Passkey passkey;
  Time since{};
};

struct Factors {
  std::optional<TotpFactor> totp;
  std::vector<PasskeyFactor> passkeys;
  [[nodiscard]] bool empty() const { return !totp && passkeys.empty(); }
};

/// What may be known of them without the password.
struct KnownFactors {
  std::optional<Time> app;                             // since when
  std::vector<std::pair<std::string, Time>> passkeys;  // identifier, and since when
};
[[nodiscard]] KnownFactors known_of(const Factors& factors);

void encode(Writer& out, const Factors& factors);
/// Nothing of hostile input is larger than what encode writes: read `in.ok()` afterwards.
[[nodiscard]] Factors decode_factors(Reader& in);

/// Nothing where there is no such passkey.
[[nodiscard]] PasskeyFactor* find_passkey(Factors& factors, std::string_view credential_id);

/// What was right, and has to be kept so that it is not so twice.
struct UsedStep {
  std::uint64_t step = 0;
};
struct UsedPasskey {
  std::string id;
  std::uint32_t counter = 0;
};
using Used = std::variant<UsedStep, UsedPasskey>;
/// False where the factor is not there any more, or its step was used meanwhile: then it was not right.
[[nodiscard]] bool note(Factors& factors, const Used& used);

}  // namespace postern::portal
