#include "gateway/openpgp_reader.hpp"

#include "crypto/openpgp_key.hpp"

namespace postern::gateway {

crypto::ReadOpenpgpKeys openpgp_reader() {
  return [](std::string_view file) -> Result<crypto::OpenpgpFile> {
    auto read = crypto::parse_openpgp_keys(file);
    if (!read) return fail(read.error());
    crypto::OpenpgpFile facts;
    facts.refused = std::move(read->refused);
    for (crypto::OpenpgpKey& key : read->keys) {
      facts.keys.push_back({key.primary.fingerprint, std::move(key.bytes), std::move(key.addresses),
                            key.primary.created, key.primary.expires, key.primary.revoked});
    }
    return facts;
  };
}

}  // namespace postern::gateway
