#include "crypto/seal.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <openssl/err.h>
#include <openssl/evp.h>

namespace postern::crypto {
namespace {

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

/// OpenSSL refusing its own primitives is no input error: there is nothing sound to go on with.
void must(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL failed at a primitive");
}

/// One context a thread: making one costs more than sealing a small chunk.
EVP_CIPHER_CTX* context() {
  thread_local const CipherContext made(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  if (!made) throw std::bad_alloc();
  return made.get();
}

const EVP_CIPHER* gcm() {
  static EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return fetched;
}

const EVP_CIPHER* key_wrap() {
  static EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-WRAP", nullptr);
  return fetched;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

using Nonce = std::array<unsigned char, 12>;

/// Unique under a key: each (stream, index) is sealed once.
Nonce nonce_of(const ChunkLabel& label) {
  Nonce nonce{};
  nonce[0] = label.stream;
  for (unsigned i = 0; i < 4; ++i)
    nonce[8 + i] = static_cast<unsigned char>(label.index >> (24 - 8 * i));
  return nonce;
}

std::string associated_data(const ChunkLabel& label) {
  std::string data = label.id.str();
  data.push_back(static_cast<char>(label.stream));
  for (unsigned i = 0; i < 4; ++i)
    data.push_back(static_cast<char>(label.index >> (24 - 8 * i)));
  data.push_back(label.last ? 1 : 0);
  return data;
}

}  // namespace

Secret make_key(Random& random) {
  Secret key(key_size);
  random.fill(key.bytes());
  return key;
}

std::string seal_chunk(const Secret& key, const ChunkLabel& label, std::string_view plain) {
  EVP_CIPHER_CTX* c = context();
  const Nonce nonce = nonce_of(label);
  const std::string data = associated_data(label);
  std::string sealed(plain.size() + seal_overhead, '\0');
  int length = 0;
  must(EVP_EncryptInit_ex2(c, gcm(), key.bytes().data(), nonce.data(), nullptr));
  must(EVP_EncryptUpdate(c, nullptr, &length, bytes_of(data), static_cast<int>(data.size())));
  must(EVP_EncryptUpdate(c, bytes_of(sealed), &length, bytes_of(plain), static_cast<int>(plain.size())));
  must(EVP_EncryptFinal_ex(c, bytes_of(sealed) + length, &length));
  must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, seal_overhead, bytes_of(sealed) + plain.size()));
  return sealed;
}

Result<std::string> open_chunk(const Secret& key, const ChunkLabel& label, std::string_view sealed) {
  if (sealed.size() < seal_overhead) return fail(Errc::corrupt, "a sealed chunk is too short");
  EVP_CIPHER_CTX* c = context();
  const Nonce nonce = nonce_of(label);
  const std::string data = associated_data(label);
  const std::string_view text = sealed.substr(0, sealed.size() - seal_overhead);
  std::string tag(sealed.substr(text.size()));
  std::string plain(text.size(), '\0');
  int length = 0;
  must(EVP_DecryptInit_ex2(c, gcm(), key.bytes().data(), nonce.data(), nullptr));
  must(EVP_DecryptUpdate(c, nullptr, &length, bytes_of(data), static_cast<int>(data.size())));
  must(EVP_DecryptUpdate(c, bytes_of(plain), &length, bytes_of(text), static_cast<int>(text.size())));
  must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, seal_overhead, tag.data()));
  if (EVP_DecryptFinal_ex(c, bytes_of(plain) + length, &length) != 1) {
    ERR_clear_error();  // or the next TLS call of this thread finds it
    return fail(Errc::corrupt, "a sealed chunk does not verify: it was changed, moved, or sealed with another key");
  }
  return plain;
}

std::string wrap_key(const Secret& with, const Secret& key) {
  EVP_CIPHER_CTX* c = context();
  std::string wrapped(key.bytes().size() + 8, '\0');
  int length = 0;
  must(EVP_EncryptInit_ex2(c, key_wrap(), with.bytes().data(), nullptr, nullptr));
  must(EVP_EncryptUpdate(c, bytes_of(wrapped), &length, key.bytes().data(), static_cast<int>(key.bytes().size())));
  return wrapped;
}

Result<Secret> unwrap_key(const Secret& with, std::string_view wrapped) {
  if (wrapped.size() != key_size + 8) return fail(Errc::corrupt, "a wrapped key has the wrong length");
  EVP_CIPHER_CTX* c = context();
  std::vector<unsigned char> plain(wrapped.size());
  int length = 0;
  must(EVP_DecryptInit_ex2(c, key_wrap(), with.bytes().data(), nullptr, nullptr));
  const int opened = EVP_DecryptUpdate(c, plain.data(), &length, bytes_of(wrapped), static_cast<int>(wrapped.size()));
  if (opened != 1 || length != static_cast<int>(key_size)) {
    ERR_clear_error();
    return fail(Errc::corrupt, "a wrapped key does not open with this key");
  }
  const Secret key(std::span<const std::uint8_t>(plain.data(), key_size));
  std::ranges::fill(plain, static_cast<unsigned char>(0));
  return key;
}

struct Digest::Impl {
  EVP_MD_CTX* context;
};

Digest::Digest() : impl_(new Impl{EVP_MD_CTX_new()}) {
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  must(EVP_DigestInit_ex2(impl_->context, sha256, nullptr));
}

Digest::~Digest() {
  if (impl_ != nullptr) EVP_MD_CTX_free(impl_->context);
  delete impl_;
}

Digest::Digest(Digest&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}

Digest& Digest::operator=(Digest&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

void Digest::update(std::string_view bytes) {
  must(EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()));
}

std::string Digest::finish() {
  std::string digest(32, '\0');
  must(EVP_DigestFinal_ex(impl_->context, bytes_of(digest), nullptr));
  return digest;
}

std::string sha256(std::string_view bytes) {
  Digest digest;
  digest.update(bytes);
  return digest.finish();
}

}  // namespace postern::crypto
