// A partner's file of keys, whatever it is. The first octet chooses: its own names, or an administrator's word; a
// password.
#include "crypto/key_import.hpp"

#include <algorithm>

#include "crypto/key_export.hpp"
#include "crypto/key_store.hpp"
#include "crypto/ldif.hpp"
#include "fuzz/target.hpp"

using namespace postern;
using fuzz::require;

namespace {

void check(const crypto::KeyRecord& key, bool bound) {
  require(!key.addresses.empty() && key.addresses.size() <= crypto::most_key_addresses);
  require(!key.bytes.empty() && key.bytes.size() <= crypto::longest_key);
  require(key.fingerprint.size() == 64);
  for (const std::string& address : key.addresses) {
    require(crypto::parse_key_address(address).value_or("") == address);
    require(bound || !address.starts_with('@'));  // nobody claims a domain but an administrator
  }
}

void check(const std::string& told) {
  require(told.find_first_of("\r\n") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  crypto::ImportOptions options;
  options.limits = {256U << 10, 10, 20};
  const bool bound = (data[0] & 1U) != 0;
  if (bound) options.bind_to = {"@lab.example"};
  if ((data[0] & 2U) != 0) options.password = Secret(std::span<const std::uint8_t>(data, 1));
  const std::string_view bytes = fuzz::text(data + 1, size - 1);

  const crypto::Import import = crypto::import_bytes(bytes, "file", options);
  require(import.keys.size() + import.identities.size() <= 20);
  require(bytes.size() > options.limits.octets || !import.rejected.empty() || !import.keys.empty() ||
          !import.identities.empty());  // nothing is left out in silence
  for (const crypto::Rejected& one : import.rejected) {
    check(one.file);
    check(one.reason);
  }
  for (const crypto::KeyRecord& key : import.keys) {
    check(key, bound);
    const crypto::Import back = crypto::import_bytes(crypto::export_text({key}), "again", options);
    require(back.keys.size() == 1 && back.keys[0].bytes == key.bytes && back.keys[0].fingerprint == key.fingerprint);
  }
  for (const crypto::SigningIdentity& one : import.identities)
    require(!std::get<Secret>(one.key).empty() && load_signing_key(one, ".").has_value());
  for (const auto& entry : crypto::parse_ldif(bytes)) {  // what was read is written so that it reads the same
    if (!entry) continue;
    const auto again = crypto::parse_ldif(crypto::format_ldif(*entry));
    require(again.size() == 1 && again[0].has_value() && *again[0] == *entry);
  }
  return 0;
}
