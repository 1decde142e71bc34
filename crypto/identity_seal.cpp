#include "crypto/identity_seal.hpp"

#include <array>
#include <memory>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/openssl.hpp"

namespace postern::crypto {
namespace {

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Frees<EVP_CIPHER_CTX_free>>;
using Kdf = std::unique_ptr<EVP_KDF, Frees<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Frees<EVP_KDF_CTX_free>>;

constexpr std::string_view purpose = "postern signing identities 1";
constexpr std::size_t nonce_size = 12, tag_size = 16;

void must(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL failed at a primitive");
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string associated_data(std::string_view fingerprint) {
  return std::string(purpose) + "\n" + std::string(fingerprint);
}

}  // namespace

Secret identity_key(const Secret& kek) {
  const Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const KdfContext context(EVP_KDF_CTX_new(kdf.get()));
  if (!context) throw std::bad_alloc();
  const std::span<const std::uint8_t> from = kek.bytes();
  std::string info(purpose), digest = "SHA256";
  const std::array params = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<std::uint8_t*>(from.data()), from.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end(),
  };
  Secret key(32);
  must(EVP_KDF_derive(context.get(), key.bytes().data(), key.bytes().size(), params.data()));
  return key;
}

std::string seal_identity(const Secret& key, std::string_view fingerprint, const Secret& plain, Random& random) {
  const CipherContext c(EVP_CIPHER_CTX_new());
  if (!c) throw std::bad_alloc();
  const std::string data = associated_data(fingerprint);
  const std::string_view in = plain.text();
  std::array<std::uint8_t, nonce_size> nonce{};  // random: one key seals far fewer than 2^32 (NIST SP 800-38D §8.3)
  random.fill(nonce);
  std::string sealed(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  sealed.resize(nonce_size + in.size() + tag_size);
  unsigned char* out = bytes_of(sealed) + nonce_size;
  int length = 0;
  must(EVP_EncryptInit_ex2(c.get(), EVP_aes_256_gcm(), key.bytes().data(), nonce.data(), nullptr));
  must(EVP_EncryptUpdate(c.get(), nullptr, &length, bytes_of(data), static_cast<int>(data.size())));
  must(EVP_EncryptUpdate(c.get(), out, &length, bytes_of(in), static_cast<int>(in.size())));
  must(EVP_EncryptFinal_ex(c.get(), out + length, &length));
  must(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, out + in.size()));
  return sealed;
}

Result<Secret> open_identity(const Secret& key, std::string_view fingerprint, std::string_view sealed) {
  if (sealed.size() < nonce_size + tag_size) return fail(Errc::corrupt, "a sealed private key is too short");
  const CipherContext c(EVP_CIPHER_CTX_new());
  if (!c) throw std::bad_alloc();
  const std::string data = associated_data(fingerprint);
  const std::string_view nonce = sealed.substr(0, nonce_size);
  const std::string_view text = sealed.substr(nonce_size, sealed.size() - nonce_size - tag_size);
  std::string tag(sealed.substr(sealed.size() - tag_size));
  Secret plain(text.size());
  int length = 0;
  must(EVP_DecryptInit_ex2(c.get(), EVP_aes_256_gcm(), key.bytes().data(), bytes_of(nonce), nullptr));
  must(EVP_DecryptUpdate(c.get(), nullptr, &length, bytes_of(data), static_cast<int>(data.size())));
  must(EVP_DecryptUpdate(c.get(), plain.bytes().data(), &length, bytes_of(text), static_cast<int>(text.size())));
  must(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()));
  if (EVP_DecryptFinal_ex(c.get(), plain.bytes().data() + length, &length) != 1) {
    ERR_clear_error();  // or the next TLS call of this thread finds it
    return fail(Errc::corrupt,
                "a sealed private key does not open: it was changed, moved, or sealed under another KEK");
  }
  return plain;
}

}  // namespace postern::crypto
