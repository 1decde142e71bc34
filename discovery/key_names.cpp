#include "discovery/key_names.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <openssl/evp.h>

#include "base/ascii.hpp"
#include "base/base32.hpp"

namespace postern::discovery {
namespace {

constexpr std::size_t kept_of_hash = 28;  // RFC 7929 §3, RFC 8162 §3: octets of SHA-256

std::vector<std::uint8_t> digest(const EVP_MD* how, std::string_view text) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), out.data(), &size, how, nullptr) != 1)
    throw std::runtime_error("OpenSSL has no such hash");
  return {out.begin(), out.begin() + size};
}

/// RFC 7929 §3: what a quoted local part means, without the quotes.
std::string unquoted(const std::string& local) {
  if (!local.starts_with('"')) return local;
  std::string text;
  for (std::size_t i = 1; i + 1 < local.size(); ++i) {
    if (local[i] == '\\') ++i;
    text += local[i];
  }
  return text;
}

std::string owner(const mail::Address& address, const char* label) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name;
  const auto hash = digest(EVP_sha256(), lowered(unquoted(address.local())));
  for (std::size_t i = 0; i < kept_of_hash; ++i) {
    name += digits[hash[i] >> 4];
    name += digits[hash[i] & 0xF];
  }
  return name + "." + label + "." + address.domain().str();
}

constexpr std::string_view zbase32_letters = "ybndrfg8ejkmcpqxot1uwisza345h769";  // RFC 6189 §5.1.6

/// RFC 3986 §2.1
std::string escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool plain = is_alphanumeric(c) || std::string_view("-._~").contains(c);
    if (plain) {
      out += c;
    } else {
      out += {'%', digits[octet >> 4], digits[octet & 0xF]};
    }
  }
  return out;
}

/// The hash is of the local part in lower case; the parameter is as it was written.
std::string wkd_file(const mail::Address& address) {
  const std::string local = unquoted(address.local());
  const std::vector<std::uint8_t> hash = digest(EVP_sha1(), lowered(local));
  return "/hu/" + format_base32(std::string(hash.begin(), hash.end()), zbase32_letters) + "?l=" + escaped(local);
}

}  // namespace

std::string smimea_owner(const mail::Address& address) {
  return owner(address, "_smimecert");
}

std::string openpgpkey_owner(const mail::Address& address) {
  return owner(address, "_openpgpkey");
}

WkdPlace wkd_advanced(const mail::Address& address) {
  const std::string& domain = address.domain().str();
  return {"openpgpkey." + domain, "/.well-known/openpgpkey/" + domain + wkd_file(address)};
}

WkdPlace wkd_direct(const mail::Address& address) {
  return {address.domain().str(), "/.well-known/openpgpkey" + wkd_file(address)};
}

}  // namespace postern::discovery
