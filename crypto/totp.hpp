// What an authenticator app shows: six digits of a secret and the time (RFC 6238), by HMAC-SHA-1, which is what all
// apps read. Pure; that a step is used once is the caller's to keep (§5.2): it hands in the last one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

namespace postern::crypto {

inline constexpr std::size_t totp_secret_size = 20;  // octets: RFC 4226 §4, R6
inline constexpr unsigned totp_digits = 6;
inline constexpr Duration totp_period = std::chrono::seconds(30);

[[nodiscard]] Secret make_totp_secret(Random& random);
/// RFC 4226 §5.3.
[[nodiscard]] std::string hotp(const Secret& secret, std::uint64_t counter, unsigned digits = totp_digits);
/// How many periods there were until now.
[[nodiscard]] std::uint64_t totp_step(Time now);
/// The step that `typed` belongs to: the present one, the one before or the one after, and later than `last`. White
/// space between the digits does not count.
[[nodiscard]] std::optional<std::uint64_t> check_totp(const Secret& secret, std::string_view typed, Time now,
                                                      std::uint64_t last = 0);

/// In base 32, as it is typed into an app.
[[nodiscard]] std::string totp_text(const Secret& secret);
/// "otpauth://totp/…", as apps read it from a QR code: SHA-1, six digits and 30 seconds are meant where nothing else is
/// said, and each word less makes the code easier to scan. Nothing in it can end its place.
[[nodiscard]] std::string totp_uri(std::string_view issuer, std::string_view account, const Secret& secret);

}  // namespace postern::crypto
