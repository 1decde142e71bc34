#include "crypto/hkdf.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/openssl.hpp"
#include "crypto/seal.hpp"

namespace postern::crypto {
namespace {

using Kdf = std::unique_ptr<EVP_KDF, Frees<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Frees<EVP_KDF_CTX_free>>;

OSSL_PARAM octets(const char* name, std::string_view value) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size());
}

}  // namespace

Secret hkdf(const Secret& from, std::string_view salt, std::string_view purpose) {
  const ErrorQueue queue;
  const Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const KdfContext context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  std::string digest = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      octets(OSSL_KDF_PARAM_KEY, from.text()),
      octets(OSSL_KDF_PARAM_SALT, salt),
      octets(OSSL_KDF_PARAM_INFO, purpose),
      OSSL_PARAM_construct_end(),
  };
  Secret key(key_size);
  if (!context || EVP_KDF_derive(context.get(), key.bytes().data(), key.bytes().size(), parameters) != 1)
    throw std::runtime_error("OpenSSL failed at HKDF");
  return key;
}

}  // namespace postern::crypto
