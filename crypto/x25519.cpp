#include "crypto/x25519.hpp"

#include <memory>
#include <stdexcept>

#include <openssl/evp.h>

#include "crypto/openssl.hpp"

namespace postern::crypto {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Frees<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Frees<EVP_PKEY_CTX_free>>;

Key secret_half(const Secret& secret) {
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, secret.bytes().data(), secret.bytes().size()));
}

}  // namespace

X25519Pair make_x25519_pair(Random& random) {
  const ErrorQueue queue;
  X25519Pair pair{Secret(x25519_size), std::string(x25519_size, '\0')};
  random.fill(pair.secret.bytes());
  const Key key = secret_half(pair.secret);
  std::size_t size = pair.open.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(pair.open.data()), &size) != 1)
    throw std::runtime_error("OpenSSL failed at X25519");
  return pair;
}

Result<Secret> agree_x25519(const Secret& ours, std::string_view theirs) {
  const ErrorQueue queue;
  const Key own = secret_half(ours);
  const Key other(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr,
                                              reinterpret_cast<const unsigned char*>(theirs.data()), theirs.size()));
  const Context context(own ? EVP_PKEY_CTX_new(own.get(), nullptr) : nullptr);
  Secret agreed(x25519_size);
  std::size_t size = agreed.bytes().size();
  if (!other || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), other.get()) != 1 ||
      EVP_PKEY_derive(context.get(), agreed.bytes().data(), &size) != 1)
    return queue.fail(Errc::invalid, "no secret can be agreed on with this half of a key");
  return agreed;
}

}  // namespace postern::crypto
