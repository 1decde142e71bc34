// Any bytes as a file of OpenPGP keys from a stranger. What is read is bounded, can be read again to the same, and says
// of itself only what its own signatures say.
#include "crypto/openpgp_key.hpp"

#include <algorithm>

#include "base/hex.hpp"
#include "crypto/openpgp_packets.hpp"
#include "fuzz/target.hpp"
#include "mail/address.hpp"

using namespace postern;
using namespace postern::crypto;
using fuzz::require;

namespace {

// Later than what the corpus was made, so that none of it is of the future.
const Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28);

void check_part(const OpenpgpPart& part) {
  require(part.fingerprint.size() == 40 || !part.unusable.empty());
  require(
      std::ranges::all_of(part.fingerprint, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }));
}

/// No address and no part to encrypt to without the primary key's word for it: at least one signature a piece.
void check_signatures(const OpenpgpKey& key, const OpenpgpLimits& limits) {
  const auto packets = split_packets(key.bytes, limits.kept);
  require(packets.has_value());
  const auto signatures = static_cast<std::size_t>(
      std::ranges::count_if(*packets, [](const Packet& one) { return one.tag == packet::signature; }));
  require(key.user_ids.size() <= signatures);
  require(!encryption_part(key, now) || signatures > 0);
  require(format_hex(fingerprint_v4(packets->front().body)) == key.primary.fingerprint);
}

void check(const OpenpgpKey& key, const OpenpgpLimits& limits) {
  require(key.bytes.size() <= limits.octets);
  check_part(key.primary);
  std::ranges::for_each(key.subkeys, check_part);
  check_signatures(key, limits);
  require(key.addresses.size() <= key.user_ids.size());
  for (const std::string& address : key.addresses)
    require(mail::Address::parse(address).has_value());
  const auto again = parse_openpgp_key(key.bytes);
  require(again && again->primary.fingerprint == key.primary.fingerprint && again->bytes == key.bytes &&
          again->addresses == key.addresses);
  const auto part = encryption_part(key, now);
  if (!part) return;
  require(part->encrypts && part->unusable.empty() && !part->revoked && part->created <= now);
  require(part->bits == 0 || part->algorithm != "RSA" || part->bits >= 2048);
  const auto alone = parse_openpgp_key(only_with(key, *part));
  require(alone && encryption_part(*alone, now)->fingerprint == part->fingerprint);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  OpenpgpLimits limits;
  limits.kept = 40;  // fewer than in earnest: a fuzzer would spend its time on verifying
  const auto file = parse_openpgp_keys(fuzz::text(data, size), limits);
  if (!file) return 0;
  require(file->keys.size() + file->refused.size() <= limits.keys);
  for (const OpenpgpKey& key : file->keys)
    check(key, limits);
  return 0;
}
