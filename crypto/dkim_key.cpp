#include "crypto/dkim_key.hpp"

#include <algorithm>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "crypto/dkim_tags.hpp"
#include "crypto/openssl.hpp"
#include "crypto/seal.hpp"

namespace postern::crypto {
namespace {

constexpr int least_bits = 2048, most_bits = 4096;

using Context = std::unique_ptr<EVP_MD_CTX, Frees<EVP_MD_CTX_free>>;

const unsigned char* octets_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// RFC 8463 §3: Ed25519 signs the SHA-256 of the text, without a hash of its own before it.
struct Input {
  const EVP_MD* digest;
  std::string hashed;
  std::string_view bytes;

  Input(DkimAlgorithm algorithm, std::string_view text) : digest(EVP_sha256()), bytes(text) {
    if (algorithm == DkimAlgorithm::rsa_sha256) return;
    digest = nullptr;
    Digest hash;
    hash.update(text);
    hashed = hash.finish();
    bytes = hashed;
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
};

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  // Underscores are in use, although §3.1 does not allow them.
  return std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

/// The record's p=: RSA as SubjectPublicKeyInfo, Ed25519 as its 32 octets (RFC 8463 §4.2).
std::string public_octets(DkimAlgorithm algorithm, EVP_PKEY* key) {
  if (algorithm == DkimAlgorithm::ed25519_sha256) {
    std::string octets(32, '\0');
    std::size_t size = octets.size();
    if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(octets.data()), &size) != 1) return "";
    return octets;
  }
  std::string der(static_cast<std::size_t>(std::max(0, i2d_PUBKEY(key, nullptr))), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  if (i2d_PUBKEY(key, &out) <= 0) return "";
  return der;
}

std::shared_ptr<EVP_PKEY> own(EVP_PKEY* key) {
  return {key, EVP_PKEY_free};
}

/// RFC 6376 §3.6.1 asks for SubjectPublicKeyInfo; the bare RSAPublicKey of RFC 8017 is read too, since its text was
/// long unclear and both are published.
std::shared_ptr<EVP_PKEY> parse_public_key(DkimAlgorithm algorithm, std::string_view octets) {
  if (algorithm == DkimAlgorithm::ed25519_sha256)
    return own(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets_of(octets), octets.size()));
  const auto size = static_cast<long>(octets.size());
  const unsigned char* in = octets_of(octets);
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &in, size);
  if (key == nullptr) {
    in = octets_of(octets);
    key = d2i_PublicKey(EVP_PKEY_RSA, nullptr, &in, size);
  }
  const auto owned = own(key);
  const bool whole = key != nullptr && in == octets_of(octets) + octets.size();
  return whole && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? owned : nullptr;
}

bool has_word(std::string_view list, std::string_view word) {
  return std::ranges::count(dkim_words(list, ':'), word) > 0;
}

Result<DkimAlgorithm> algorithm_of_record(const DkimTags& tags) {
  const std::string type = lowered(tags.find("k").value_or("rsa"));
  if (type == "rsa") return DkimAlgorithm::rsa_sha256;
  if (type == "ed25519") return DkimAlgorithm::ed25519_sha256;
  return fail(Errc::invalid, "a key of an unknown type");
}

}  // namespace

std::string_view format_dkim_algorithm(DkimAlgorithm algorithm) {
  return algorithm == DkimAlgorithm::rsa_sha256 ? "rsa-sha256" : "ed25519-sha256";
}

bool is_dkim_selector(std::string_view text) {
  return text.size() <= 200 && std::ranges::all_of(dkim_words(text, '.'), is_label) &&
         text.find_first_of(" \t\r\n") == std::string_view::npos;
}

std::string dkim_record_name(std::string_view selector, const mail::Domain& domain) {
  return std::string(selector) + "._domainkey." + domain.str();
}

Result<DkimKey> DkimKey::make(mail::Domain domain, std::string selector, PrivateKey key) {
  if (!is_dkim_selector(selector)) return fail(Errc::invalid, "'" + selector + "' is no selector");
  switch (key.algorithm()) {
    case KeyAlgorithm::ed25519:
      return DkimKey(std::move(domain), std::move(selector), std::move(key), DkimAlgorithm::ed25519_sha256);
    case KeyAlgorithm::rsa: break;
    default:
      return fail(Errc::invalid,
                  "DKIM signs with RSA or Ed25519; this key is " + std::string(format_key_algorithm(key.algorithm())));
  }
  if (key.bits() < least_bits || key.bits() > most_bits)
    return fail(Errc::invalid, "an RSA key has " + std::to_string(least_bits) + " to " + std::to_string(most_bits) +
                                   " bits here; this one has " + std::to_string(key.bits()));
  return DkimKey(std::move(domain), std::move(selector), std::move(key), DkimAlgorithm::rsa_sha256);
}

std::string DkimKey::record() const {
  const ErrorQueue errors;
  const std::string_view type = algorithm_ == DkimAlgorithm::rsa_sha256 ? "rsa" : "ed25519";
  return "v=DKIM1; k=" + std::string(type) + "; p=" + format_base64(public_octets(algorithm_, key_.get()));
}

Result<std::string> DkimKey::sign(std::string_view text) const {
  const ErrorQueue errors;
  const Input input(algorithm_, text);
  const Context context(EVP_MD_CTX_new());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = signature.size();
  const bool made = context && EVP_DigestSignInit(context.get(), nullptr, input.digest, nullptr, key_.get()) == 1 &&
                    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                   octets_of(input.bytes), input.bytes.size()) == 1;
  if (!made) return errors.fail(Errc::unavailable, "the DKIM key " + record_name() + " could not sign");
  signature.resize(size);
  return signature;
}

int DkimRecord::bits() const {
  return key ? EVP_PKEY_get_bits(key.get()) : 0;
}

Result<DkimRecord> parse_dkim_record(std::string_view text) {
  const auto tags = DkimTags::parse(text);
  if (!tags) return fail(tags.error());
  // §3.6.1: where it is there it is the first, and with no other value.
  if (tags->find("v") && !(trimmed(text).starts_with('v') && tags->find("v") == "DKIM1"))
    return fail(Errc::invalid, "no record of DKIM1");
  const auto algorithm = algorithm_of_record(*tags);
  if (!algorithm) return fail(algorithm.error());
  if (const auto hashes = tags->find("h"); hashes && !has_word(*hashes, "sha256"))
    return fail(Errc::invalid, "a key that is not for SHA-256");
  if (const auto services = tags->find("s"); services && !has_word(*services, "email") && !has_word(*services, "*"))
    return fail(Errc::invalid, "a key that is not for mail");

  DkimRecord record;
  record.algorithm = *algorithm;
  const std::string_view flags = tags->find("t").value_or("");
  record.same_domain = has_word(flags, "s");
  record.testing = has_word(flags, "y");
  const auto encoded = tags->find("p");
  if (!encoded) return fail(Errc::invalid, "a record without a key");
  if (encoded->empty()) return record;
  const ErrorQueue errors;
  if (const auto octets = dkim_base64(*encoded)) record.key = parse_public_key(*algorithm, *octets);
  if (!record.key) return fail(Errc::invalid, "a key that cannot be read");
  return record;
}

bool dkim_signature_holds(const DkimRecord& record, std::string_view text, std::string_view signature) {
  const ErrorQueue errors;
  const Input input(record.algorithm, text);
  const Context context(EVP_MD_CTX_new());
  return record.key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, input.digest, nullptr, record.key.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets_of(signature), signature.size(), octets_of(input.bytes),
                          input.bytes.size()) == 1;
}

}  // namespace postern::crypto
