#include "crypto/kek.hpp"

#include <charconv>

#include "base/ascii.hpp"
#include "crypto/seal.hpp"

namespace postern::crypto {
namespace {

Result<Secret> from_hex(std::string_view digits) {
  Secret key(digits.size() / 2);
  for (std::size_t i = 0; i < key.bytes().size(); ++i) {
    const char* first = digits.data() + 2 * i;
    const auto parsed = std::from_chars(first, first + 2, key.bytes()[i], 16);
    if (parsed.ptr != first + 2) return fail(Errc::invalid, "not hexadecimal");
  }
  return key;
}

}  // namespace

Result<Secret> load_kek(const SecretRef& where, const std::filesystem::path& base, const std::string& setting) {
  Result<Secret> raw = load_secret(where, base);
  if (!raw || raw->bytes().size() == key_size) return raw;
  const std::string_view digits = trimmed(raw->text(), "\r\n");
  if (digits.size() == 2 * key_size) {
    if (Result<Secret> key = from_hex(digits)) return key;
  }
  return fail(Errc::invalid, setting + " (" + format_secret_ref(where) +
                                 ") must hold 32 bytes, or 64 hexadecimal digits: `openssl rand -hex 32` makes one");
}

}  // namespace postern::crypto
