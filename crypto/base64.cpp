#include "crypto/base64.hpp"

#include <openssl/evp.h>

namespace postern::crypto {
namespace {

const unsigned char* octets_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::string encode_base64(std::string_view octets) {
  std::string text(4 * ((octets.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a NUL
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), octets_of(octets),
                                     static_cast<int>(octets.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string packed;
  for (const char c : text) {
    if (!is_blank(c)) packed += c;
  }
  // OpenSSL would take blanks, and a '=' anywhere, for zeros.
  const std::size_t padding = packed.ends_with("==") ? 2 : packed.ends_with('=') ? 1 : 0;
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (packed.size() % 4 != 0 || packed.find_first_not_of(alphabet) < packed.size() - padding) return std::nullopt;
  std::string octets(packed.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()), octets_of(packed),
                                     static_cast<int>(packed.size()));
  if (length < 0) return std::nullopt;
  octets.resize(static_cast<std::size_t>(length) - padding);
  return octets;
}

}  // namespace postern::crypto
