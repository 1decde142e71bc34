// Addresses that only we can have made, for mail that comes back to us: "b+<id>.<mac>" at a domain of the tenant's
// whose mail we take.
//
//   const std::string local = format_token(key, {TokenUse::reply, id}, "secure.clinic.example");
//   parse_token(key, local, "secure.clinic.example")     // or nothing: not ours
//
// 45 characters, of which mail servers may change the case (RFC 5321 §4.5.3.1.1 allows 64 octets). The MAC is 80 bits
// of HMAC-SHA256 over use, id and domain: it can be tried only by mail to us.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace postern::crypto {

enum class TokenUse : char {
  bounce = 'b',      // the envelope sender of a notice
  passphrase = 'p',  // of the mail that tells a sender the passphrase
  reply = 'r',       // whom the tenant's people see as the author of a reply, and answer
  // To whom the sender of what waits in the portal writes:
  recall = 'x',  // to take it back
  extend = 'e',  // so that it waits longer
  resend = 's',  // so that its recipient is told once more
};

inline constexpr std::size_t token_id_size = 16;  // octets

struct Token {
  TokenUse use = TokenUse::bounce;
  std::string id;  // token_id_size octets
  bool operator==(const Token&) const = default;
};

[[nodiscard]] Secret token_key(const Secret& kek);
[[nodiscard]] std::string format_token(const Secret& key, const Token& token, std::string_view domain);
[[nodiscard]] std::optional<Token> parse_token(const Secret& key, std::string_view local, std::string_view domain);

}  // namespace postern::crypto
