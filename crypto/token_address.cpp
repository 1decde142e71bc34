#include "crypto/token_address.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/base32.hpp"
#include "base/codec.hpp"
#include "crypto/hmac.hpp"

namespace postern::crypto {
namespace {

constexpr std::string_view purpose = "postern token address 1";
constexpr std::size_t mac_size = 10;                            // octets
constexpr std::size_t id_length = 26, mac_length = 16;          // characters
constexpr std::size_t length = 2 + id_length + 1 + mac_length;  // "b+", id, ".", MAC

std::string mac_of(const Secret& key, const Token& token, std::string_view domain) {
  Writer text;
  text.enumerator(token.use);
  text.bytes(token.id);
  text.bytes(lowered(domain));
  const Mac mac = hmac_sha256(key, text.take());
  return format_base32(std::string_view(reinterpret_cast<const char*>(mac.data()), mac_size));
}

}  // namespace

Secret token_key(const Secret& kek) {
  const Mac key = hmac_sha256(kek, purpose);
  return Secret(std::span(key));
}

std::string format_token(const Secret& key, const Token& token, std::string_view domain) {
  return std::string{static_cast<char>(token.use), '+'} + format_base32(token.id) + "." + mac_of(key, token, domain);
}

std::optional<Token> parse_token(const Secret& key, std::string_view local, std::string_view domain) {
  if (key.empty() || local.size() != length) return std::nullopt;
  const std::string text = lowered(local);
  if (text[1] != '+' || text[2 + id_length] != '.') return std::nullopt;
  constexpr std::array uses = {TokenUse::bounce, TokenUse::passphrase, TokenUse::reply,
                               TokenUse::recall, TokenUse::extend,     TokenUse::resend};
  const auto use = std::ranges::find(uses, static_cast<TokenUse>(text[0]));
  if (use == uses.end()) return std::nullopt;
  Token token{*use, {}};
  const auto id = parse_base32(std::string_view(text).substr(2, id_length));
  if (!id || id->size() != token_id_size) return std::nullopt;
  token.id = *id;
  if (!equal_in_constant_time(std::string_view(text).substr(length - mac_length), mac_of(key, token, domain)))
    return std::nullopt;
  return token;
}

}  // namespace postern::crypto
