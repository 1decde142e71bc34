// A passkey in software, with keys of OpenSSL's: what a browser would give, and every way in which it could lie.
#pragma once

#include <memory>
#include <string>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/base64.hpp"
#include "crypto/seal.hpp"
#include "crypto/webauthn.hpp"

namespace postern::test {

/// What goes into one ceremony. What is empty is as it should be.
struct Ceremony {
  std::string rp_id = "secure.clinic.example";
  std::string origin = "https://secure.clinic.example";
  std::string challenge = std::string(32, 'c');
  std::string type = {};
  std::string client_data = {};                  // in place of all of it
  std::string more = R"(,"crossOrigin":false)";  // of the client data
  unsigned flags = 0x05;                         // present and verified; of a registration with the passkey besides
  std::string rest = {};                         // behind the authenticator data
  std::string format = "none", statement = {};
};

class SoftPasskey {
 public:
  explicit SoftPasskey(int algorithm = -7, std::string id = "a passkey's id 1")
      : algorithm_(algorithm), id_(std::move(id)), key_(make_key(algorithm), EVP_PKEY_free) {}

  [[nodiscard]] const std::string& id() const { return id_; }
  /// What it will say that it counted.
  std::uint32_t counter = 0;

  [[nodiscard]] crypto::Registration create(const Ceremony& with = {}) const {
    const std::string json = client_data("webauthn.create", with);
    const std::string data = authenticator_data(with, with.flags | 0x40U) + std::string(16, '\0') +
                             big_endian(id_.size(), 2) + id_ + cose_key() + with.rest;
    std::string statement = with.statement.empty() ? "\xA0" : with.statement;
    if (with.format == "packed" && with.statement.empty())
      statement = "\xA2" + text("alg") + integer(algorithm_) + text("sig") + bytes(signature(data, json));
    return {json,
            "\xA3" + text("fmt") + text(with.format) + text("attStmt") + statement + text("authData") + bytes(data)};
  }

  [[nodiscard]] crypto::Assertion get(const Ceremony& with = {}) const {
    const std::string json = client_data("webauthn.get", with);
    const std::string data = authenticator_data(with, with.flags) + with.rest;
    return {json, data, signature(data, json)};
  }

  [[nodiscard]] std::string cose_key() const {
    if (algorithm_ == -8) return std::string("\xA4\x01\x01\x03\x27\x20\x06\x21", 8) + bytes(raw_public_key());
    if (algorithm_ == -257)
      return std::string("\xA4\x01\x03\x03\x39\x01\x00\x20", 8) + bytes(number(OSSL_PKEY_PARAM_RSA_N)) + "\x21" +
             bytes(number(OSSL_PKEY_PARAM_RSA_E));
    const std::string point = encoded_point();
    return std::string("\xA5\x01\x02\x03\x26\x20\x01\x21", 8) + bytes(point.substr(1, 32)) + "\x22" +
           bytes(point.substr(33));
  }

  // CBOR
  [[nodiscard]] static std::string head(unsigned major, std::uint64_t argument) {
    const auto first = [major](unsigned info) { return std::string(1, static_cast<char>(major << 5 | info)); };
    if (argument < 24) return first(static_cast<unsigned>(argument));
    if (argument < 256) return first(24) + big_endian(argument, 1);
    return first(25) + big_endian(argument, 2);
  }
  [[nodiscard]] static std::string text(const std::string& of) { return head(3, of.size()) + of; }
  [[nodiscard]] static std::string bytes(const std::string& of) { return head(2, of.size()) + of; }
  [[nodiscard]] static std::string integer(int of) {
    return of < 0 ? head(1, static_cast<std::uint64_t>(-1 - of)) : head(0, static_cast<std::uint64_t>(of));
  }

 private:
  [[nodiscard]] static EVP_PKEY* make_key(int algorithm) {
    if (algorithm == -8) return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    if (algorithm == -257) return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048});
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  }
  [[nodiscard]] static std::string big_endian(std::uint64_t value, std::size_t octets) {
    std::string out(octets, '\0');
    for (; octets > 0; value >>= 8)
      out[--octets] = static_cast<char>(value & 0xFF);
    return out;
  }
  [[nodiscard]] static std::string client_data(const std::string& type, const Ceremony& with) {
    if (!with.client_data.empty()) return with.client_data;
    return R"({"type":")" + (with.type.empty() ? type : with.type) + R"(","challenge":")" +
           format_base64url(with.challenge) + R"(","origin":")" + with.origin + "\"" + with.more + "}";
  }
  [[nodiscard]] std::string authenticator_data(const Ceremony& with, unsigned flags) const {
    return crypto::sha256(with.rp_id) + static_cast<char>(flags) + big_endian(counter, 4);
  }
  [[nodiscard]] std::string signature(const std::string& data, const std::string& json) const {
    const std::string all = data + crypto::sha256(json);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::size_t size = 0;
    EVP_DigestSignInit(context.get(), nullptr, algorithm_ == -8 ? nullptr : EVP_sha256(), nullptr, key_.get());
    const auto* in = reinterpret_cast<const unsigned char*>(all.data());
    EVP_DigestSign(context.get(), nullptr, &size, in, all.size());
    std::string signed_by(size, '\0');
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signed_by.data()), &size, in, all.size());
    signed_by.resize(size);
    return signed_by;
  }
  [[nodiscard]] std::string raw_public_key() const {
    std::string out(32, '\0');
    std::size_t size = out.size();
    EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(out.data()), &size);
    return out;
  }
  [[nodiscard]] std::string encoded_point() const {
    unsigned char* point = nullptr;
    const std::size_t size = EVP_PKEY_get1_encoded_public_key(key_.get(), &point);
    std::string out(reinterpret_cast<char*>(point), size);
    OPENSSL_free(point);
    return out;
  }
  [[nodiscard]] std::string number(const char* name) const {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &value);
    std::string out(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(out.data()));
    BN_free(value);
    return out;
  }

  int algorithm_;
  std::string id_;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace postern::test
