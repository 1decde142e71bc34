#include "crypto/private_key.hpp"

#include <array>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "crypto/openssl.hpp"
#include "crypto/pkcs11.hpp"

namespace postern::crypto {
namespace {

/// Asked for a pass phrase, OpenSSL would read the terminal.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

std::string_view format_key_algorithm(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::rsa: return "rsa";
    case KeyAlgorithm::p256: return "p256";
    case KeyAlgorithm::p384: return "p384";
    case KeyAlgorithm::p521: return "p521";
    case KeyAlgorithm::ed25519: return "ed25519";
    case KeyAlgorithm::x25519: return "x25519";
    case KeyAlgorithm::other: break;
  }
  return "other";
}

KeyAlgorithm algorithm_of(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS: return KeyAlgorithm::rsa;
    case EVP_PKEY_ED25519: return KeyAlgorithm::ed25519;
    case EVP_PKEY_X25519: return KeyAlgorithm::x25519;
    case EVP_PKEY_EC: break;
    default: return KeyAlgorithm::other;
  }
  std::array<char, 64> group{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1) return KeyAlgorithm::other;
  const std::string_view name(group.data(), length);
  if (name == "prime256v1" || name == "P-256") return KeyAlgorithm::p256;
  if (name == "secp384r1" || name == "P-384") return KeyAlgorithm::p384;
  if (name == "secp521r1" || name == "P-521") return KeyAlgorithm::p521;
  return KeyAlgorithm::other;
}

PrivateKey::PrivateKey(EVP_PKEY* owned) : key_(owned, EVP_PKEY_free) {}

Result<PrivateKey> PrivateKey::parse(const Secret& pem) {
  const ErrorQueue errors;
  const Bio bio = read_bio(pem.text());
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr);
  if (key == nullptr) return errors.fail(Errc::invalid, "not a private key in PEM, or one with a pass phrase");
  return PrivateKey(key);
}

Result<PrivateKey> PrivateKey::load(const KeyReference& reference, const std::filesystem::path& base) {
  if (const auto* token = std::get_if<Pkcs11Key>(&reference)) {
    if (!token->pin) return open_pkcs11(*token, Secret());
    const auto pin = load_secret(*token->pin, base);
    if (!pin) return fail(pin.error());
    return open_pkcs11(*token, *pin);
  }
  const auto pem = load_secret(std::get<SecretRef>(reference), base);
  if (!pem) return fail(pem.error());
  return parse(*pem);
}

Result<Secret> PrivateKey::pem() const {
  const ErrorQueue errors;
  const Bio out(BIO_new(BIO_s_secmem()));  // wiped when it goes
  if (!out || PEM_write_bio_PKCS8PrivateKey(out.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return errors.fail(Errc::invalid, "the private key cannot be written: it is on a token, perhaps");
  const std::string_view text = contents(out);
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

KeyAlgorithm PrivateKey::algorithm() const {
  return algorithm_of(key_.get());
}

int PrivateKey::bits() const {
  return EVP_PKEY_get_bits(key_.get());
}

}  // namespace postern::crypto
