#include "crypto/hmac.hpp"

#include <openssl/hmac.h>

namespace postern::crypto {

Mac hmac_sha256(const Secret& key, std::string_view text) {
  Mac mac{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.bytes().data(), static_cast<int>(key.bytes().size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &length);
  return mac;
}

}  // namespace postern::crypto
