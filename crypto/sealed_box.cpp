#include "crypto/sealed_box.hpp"

#include "crypto/hkdf.hpp"
#include "crypto/seal.hpp"

namespace postern::crypto {
namespace {

constexpr std::size_t salt_size = 16;

Secret key_of(const Secret& key, std::string_view what, std::string_view salt) {
  return hkdf(key, salt, "postern box 1: " + std::string(what));
}

const ChunkLabel the_only_one{{}, 0, 0, true};

}  // namespace

std::string seal_box(const Secret& key, std::string_view what, std::string_view plain, Random& random) {
  Secret salt(salt_size);
  random.fill(salt.bytes());
  return std::string(salt.text()) + seal_chunk(key_of(key, what, salt.text()), the_only_one, plain);
}

Result<Secret> open_box(const Secret& key, std::string_view what, std::string_view sealed) {
  if (sealed.size() < salt_size + seal_overhead) return fail(Errc::corrupt, "too short to be sealed");
  const auto plain = open_chunk(key_of(key, what, sealed.substr(0, salt_size)), the_only_one, sealed.substr(salt_size));
  if (!plain) return fail(plain.error());
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(plain->data()), plain->size()));
}

}  // namespace postern::crypto
