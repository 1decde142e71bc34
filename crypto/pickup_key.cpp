#include "crypto/pickup_key.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "crypto/hkdf.hpp"
#include "crypto/seal.hpp"

namespace postern::crypto {
namespace {

Secret joined(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts)
    size += part.size();
  Secret all(size);
  auto to = all.bytes().begin();
  for (const std::string_view part : parts)
    to = std::ranges::copy(part, to).out;
  return all;
}

}  // namespace

PickupKeys pickup_keys(const Secret& link, std::string_view salt) {
  return {hkdf(link, salt, "postern pick-up 1: content key"), hkdf(link, salt, "postern pick-up 1: card")};
}

Secret reply_root(const Secret& link) {
  const std::string no_salt(key_size, '\0');  // RFC 5869 §2.2
  return hkdf(link, no_salt, "postern pick-up 1: replies");
}

Secret reply_key(const Secret& root, std::string_view salt) {
  return hkdf(root, salt, "postern pick-up 1: a reply");
}

Secret passphrase_key(const Secret& link, const Secret& stretched, std::string_view salt) {
  return hkdf(joined({link.text(), stretched.text()}), salt, "postern pick-up 1: content key by passphrase");
}

Secret account_key(const Secret& link, const Agreement& agreement, std::string_view salt) {
  return hkdf(joined({link.text(), agreement.secret.text(), agreement.ephemeral, agreement.account}), salt,
              "postern pick-up 1: content key by account");
}

}  // namespace postern::crypto
