#include "gateway/found_keys.hpp"

#include <algorithm>

#include "crypto/certificate.hpp"
#include "crypto/key_store.hpp"
#include "crypto/openpgp_key.hpp"

namespace postern::gateway {
namespace {

constexpr std::size_t most_keys = 10;

/// Of one answer, on its way.
class Found {
 public:
  Found(discovery::KeyOrigin origin, std::string name, Time now) : origin_(origin), name_(std::move(name)), now_(now) {}

  void read(const discovery::KeyCandidate& candidate) {
    if (candidate.bytes.size() > crypto::longest_key) return refuse("a key is too long");
    switch (discovery::kind_of(origin_)) {
      case discovery::PersonKey::certificate: return read_certificate(candidate);
      case discovery::PersonKey::openpgp: return read_openpgp(candidate);
    }
  }
  [[nodiscard]] FoundKeys take() { return std::move(found_); }

 private:
  void read_certificate(const discovery::KeyCandidate& candidate) {
    const auto certificate = crypto::Certificate::parse_der(candidate.bytes);
    if (certificate) return add_certificate(*certificate, candidate);
    const auto several = crypto::Certificate::parse_pkcs7(candidate.bytes);  // RFC 2798 §2.8: userSMIMECertificate
    if (!several) return refuse(certificate.error().text);
    for (const crypto::Certificate& one : *several) {
      if (names_her(one)) add_certificate(one, candidate);  // the others are her authorities
    }
  }
  [[nodiscard]] bool names_her(const crypto::Certificate& certificate) const {
    const auto is_she = [this](const std::string& text) { return crypto::parse_key_address(text) == name_; };
    return std::ranges::any_of(certificate.alternative_addresses(), is_she) ||
           std::ranges::any_of(certificate.subject_addresses(), is_she);
  }
  void add_certificate(const crypto::Certificate& certificate, const discovery::KeyCandidate& candidate) {
    crypto::KeyRecord key;
    key.kind = crypto::KeyKind::certificate;
    key.fingerprint = certificate.fingerprint();
    key.bytes = certificate.der();
    key.not_before = certificate.not_before();
    key.not_after = certificate.not_after();
    add(std::move(key), candidate);
  }

  void read_openpgp(const discovery::KeyCandidate& candidate) {
    auto read = crypto::parse_openpgp_keys(candidate.bytes);
    if (!read) return refuse(read.error().text);
    for (const std::string& why : read->refused)
      refuse(why);
    for (crypto::OpenpgpKey& one : read->keys) {
      if (std::ranges::find(one.addresses, name_) == one.addresses.end()) {
        refuse("key " + one.primary.fingerprint + " has no user id with the address");
        continue;
      }
      crypto::KeyRecord key;
      key.kind = crypto::KeyKind::openpgp;
      key.fingerprint = one.primary.fingerprint;
      key.bytes = std::move(one.bytes);
      key.not_before = one.primary.created;
      key.not_after = one.primary.expires;
      key.revoked = one.primary.revoked;
      add(std::move(key), candidate);
    }
  }

  void add(crypto::KeyRecord key, const discovery::KeyCandidate& candidate) {
    if (found_.keys.size() == most_keys) return refuse("there are too many keys");
    key.addresses = {name_};
    key.source = discovery::format_key_origin(origin_);
    key.evidence = candidate.evidence;
    key.trust = candidate.proven ? crypto::Trust::verified : crypto::Trust::found;
    key.added = now_;
    found_.keys.push_back(std::move(key));
  }

  void refuse(const std::string& why) { found_.refused += (found_.refused.empty() ? "" : "; ") + why; }

  discovery::KeyOrigin origin_;
  std::string name_;  // the address, in its stored form
  Time now_;
  FoundKeys found_;
};

}  // namespace

FoundKeys read_found(const discovery::KeyAnswer& answer, discovery::KeyOrigin origin, const mail::Address& address,
                     Time now) {
  const auto name = crypto::parse_key_address(address.str());
  if (!name) return {{}, name.error().text};
  Found found(origin, *name, now);
  for (const discovery::KeyCandidate& candidate : answer.candidates)
    found.read(candidate);
  return found.take();
}

}  // namespace postern::gateway
