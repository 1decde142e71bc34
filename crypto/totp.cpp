#include "crypto/totp.hpp"

#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/ascii.hpp"
#include "base/base32.hpp"
#include "base/percent.hpp"

namespace postern::crypto {
namespace {

/// The digits alone. Nothing where there is anything else but white space.
std::optional<std::string> digits_of(std::string_view typed) {
  if (typed.size() > 100) return std::nullopt;
  std::string digits;
  for (const char c : typed) {
    if (is_digit(c)) {
      digits += c;
    } else if (c != ' ' && c != '\t') {
      return std::nullopt;
    }
  }
  return digits;
}

}  // namespace

Secret make_totp_secret(Random& random) {
  Secret secret(totp_secret_size);
  random.fill(secret.bytes());
  return secret;
}

std::string hotp(const Secret& secret, std::uint64_t counter, unsigned digits) {
  std::array<unsigned char, 8> message{};
  for (std::size_t i = message.size(); i > 0; counter >>= 8)
    message[--i] = static_cast<unsigned char>(counter & 0xFF);
  std::array<unsigned char, 20> mac{};
  unsigned length = 0;
  HMAC(EVP_sha1(), secret.bytes().data(), static_cast<int>(secret.bytes().size()), message.data(), message.size(),
       mac.data(), &length);
  // RFC 4226 §5.3: four octets from where the last four bits say, without the sign.
  const std::size_t at = mac.back() & 0xFU;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number = number << 8 | mac[at + i];
  std::string text = std::to_string(number & 0x7FFF'FFFFU);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text.substr(text.size() - digits);
}

std::uint64_t totp_step(Time now) {
  return static_cast<std::uint64_t>(now.time_since_epoch() / totp_period);
}

std::optional<std::uint64_t> check_totp(const Secret& secret, std::string_view typed, Time now, std::uint64_t last) {
  const auto digits = digits_of(typed);
  if (!digits) return std::nullopt;
  const std::uint64_t present = totp_step(now);
  std::optional<std::uint64_t> right;
  // RFC 6238 §5.2 and §6: one step for a clock that is slow or fast, and none twice.
  for (const std::uint64_t step : {present - 1, present, present + 1})
    if (equal_in_constant_time(hotp(secret, step), *digits) && step > last) right = step;
  return right;
}

std::string totp_text(const Secret& secret) {
  return format_base32(secret.text(), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
}

std::string totp_uri(std::string_view issuer, std::string_view account, const Secret& secret) {
  const std::string name = encode_percent(issuer);
  return "otpauth://totp/" + name + ":" + encode_percent(account) + "?secret=" + totp_text(secret) + "&issuer=" + name;
}

}  // namespace postern::crypto
