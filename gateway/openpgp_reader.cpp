#include "gateway/openpgp_reader.hpp"

#if __has_include("crypto/openpgp_key.hpp")
#include "crypto/openpgp_key.hpp"
#define POSTERN_READS_OPENPGP
#endif

namespace postern::gateway {

#ifdef POSTERN_READS_OPENPGP
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
#else
crypto::ReadOpenpgpKeys openpgp_reader() {
  return {};
}
#endif

}  // namespace postern::gateway
