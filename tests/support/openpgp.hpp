// OpenPGP keys made for a test, and messages opened with them: by librnp, without a line of what is tested.
#pragma once

#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <rnp/rnp.h>
#include <rnp/rnp_err.h>

#include "base/ascii.hpp"
#include "base/clock.hpp"
#include "crypto/openpgp.hpp"
#include "crypto/rnp.hpp"

namespace postern::test {

inline void must(rnp_result_t done, const char* what) {
  if (done != RNP_SUCCESS) throw std::runtime_error(std::string(what) + ": " + rnp_result_to_string(done));
}
#define POSTERN_RNP(call) ::postern::test::must((call), #call)

/// The time of the machine, or later.
class LaterClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return SystemClock().now() + ahead_; }
  void forward(Duration by) { ahead_ += by; }

 private:
  Duration ahead_{};
};

struct PgpKey {
  std::string fingerprint, public_key, secret_key;
  [[nodiscard]] crypto::OpenpgpRecipient recipient() const { return {fingerprint, public_key}; }
  [[nodiscard]] crypto::OpenpgpSigner signer() const {
    return {fingerprint,
            Secret(std::span(reinterpret_cast<const std::uint8_t*>(secret_key.data()), secret_key.size()))};
  }
};

enum class PgpKind { curve25519, p256, rsa3072 };

struct PgpKeyOptions {
  PgpKind kind = PgpKind::curve25519;
  std::uint32_t lives = 0;  // seconds; 0: for ever
  std::string pass_phrase = {};
};

inline std::string exported(rnp_key_handle_t key, std::uint32_t flags) {
  rnp_output_t output = nullptr;
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  POSTERN_RNP(rnp_output_to_memory(&output, 0));
  POSTERN_RNP(rnp_key_export(key, output, flags | RNP_KEY_EXPORT_SUBKEYS));
  POSTERN_RNP(rnp_output_memory_get_buf(output, &bytes, &size, false));
  std::string taken(reinterpret_cast<const char*>(bytes), size);
  rnp_output_destroy(output);
  return taken;
}

inline PgpKey make_pgp_key(const std::string& user_id, const PgpKeyOptions& options = {}) {
  struct Algorithm {
    const char *primary, *subkey, *curve, *subkey_curve;
  };
  static const std::map<PgpKind, Algorithm> algorithms = {
      {PgpKind::curve25519, {"EDDSA", "ECDH", nullptr, "Curve25519"}},
      {PgpKind::p256, {"ECDSA", "ECDH", "NIST P-256", "NIST P-256"}},
      {PgpKind::rsa3072, {"RSA", "RSA", nullptr, nullptr}},
  };
  const Algorithm& algorithm = algorithms.at(options.kind);
  rnp_ffi_t context = nullptr;
  POSTERN_RNP(rnp_ffi_create(&context, "GPG", "GPG"));
  const auto finish = [&](rnp_op_generate_t made, const char* curve) {
    if (options.kind == PgpKind::rsa3072) POSTERN_RNP(rnp_op_generate_set_bits(made, 3072));
    if (curve != nullptr) POSTERN_RNP(rnp_op_generate_set_curve(made, curve));
    POSTERN_RNP(rnp_op_generate_set_expiration(made, options.lives));
    if (!options.pass_phrase.empty())
      POSTERN_RNP(rnp_op_generate_set_protection_password(made, options.pass_phrase.c_str()));
    POSTERN_RNP(rnp_op_generate_execute(made));
  };
  rnp_op_generate_t made = nullptr;
  POSTERN_RNP(rnp_op_generate_create(&made, context, algorithm.primary));
  POSTERN_RNP(rnp_op_generate_set_userid(made, user_id.c_str()));
  finish(made, algorithm.curve);
  rnp_key_handle_t key = nullptr;
  POSTERN_RNP(rnp_op_generate_get_key(made, &key));
  rnp_op_generate_destroy(made);
  if (!options.pass_phrase.empty()) POSTERN_RNP(rnp_key_unlock(key, options.pass_phrase.c_str()));
  POSTERN_RNP(rnp_op_generate_subkey_create(&made, context, key, algorithm.subkey));
  finish(made, algorithm.subkey_curve);
  rnp_op_generate_destroy(made);
  char* fingerprint = nullptr;
  POSTERN_RNP(rnp_key_get_fprint(key, &fingerprint));
  PgpKey all{lowered(fingerprint), exported(key, RNP_KEY_EXPORT_PUBLIC), exported(key, RNP_KEY_EXPORT_SECRET)};
  rnp_buffer_destroy(fingerprint);
  rnp_key_handle_destroy(key);
  rnp_ffi_destroy(context);
  return all;
}

/// The same key, which says now that it ends so many seconds after it was made.
inline PgpKey with_lifetime(const PgpKey& key, std::uint32_t seconds) {
  namespace rnp = crypto::rnp;
  const rnp::Context context = rnp::make_context();
  POSTERN_RNP(rnp_load_keys(context.get(), "GPG", rnp::read_memory(key.secret_key).get(),
                            RNP_LOAD_SAVE_SECRET_KEYS | RNP_LOAD_SAVE_PUBLIC_KEYS));
  const rnp::Key handle = rnp::find_key(context.get(), key.fingerprint);
  POSTERN_RNP(rnp_key_set_expiration(handle.get(), seconds));
  return {key.fingerprint, exported(handle.get(), RNP_KEY_EXPORT_PUBLIC),
          exported(handle.get(), RNP_KEY_EXPORT_SECRET)};
}

struct OpenedPgp {
  std::string data;
  std::string protection, cipher;           // "cfb-mdc", "AES256"
  std::string file_name;                    // of the literal packet
  std::uint32_t file_time = 0;              // of it
  std::vector<std::string> recipients;      // key ids, lower-case
  std::vector<std::string> signed_by, bad;  // fingerprints of the parts that signed; signatures that do not hold
  std::vector<std::string> hashes;
};

/// Opens with the secret key `reader`, knowing the public keys `senders`. Throws where it cannot.
inline OpenedPgp open_pgp(const std::string& message, const PgpKey& reader, const std::vector<PgpKey>& senders = {}) {
  namespace rnp = crypto::rnp;
  const rnp::Context context = rnp::make_context();
  const auto load = [&](const std::string& bytes, std::uint32_t what) {
    POSTERN_RNP(rnp_load_keys(context.get(), "GPG", rnp::read_memory(bytes).get(), what));
  };
  load(reader.secret_key, RNP_LOAD_SAVE_SECRET_KEYS | RNP_LOAD_SAVE_PUBLIC_KEYS);
  for (const PgpKey& one : senders)
    load(one.public_key, RNP_LOAD_SAVE_PUBLIC_KEYS);
  const rnp::Input input = rnp::read_memory(message);
  const rnp::Output output = rnp::write_memory(0);
  rnp_op_verify_t opening = nullptr;
  POSTERN_RNP(rnp_op_verify_create(&opening, context.get(), input.get(), output.get()));
  const rnp::Owned<rnp_op_verify_t, rnp_op_verify_destroy> owner(opening);
  POSTERN_RNP(rnp_op_verify_set_flags(opening, RNP_VERIFY_IGNORE_SIGS_ON_DECRYPT));
  POSTERN_RNP(rnp_op_verify_execute(opening));
  OpenedPgp opened;
  opened.data = rnp::take(output.get());
  char *mode = nullptr, *cipher = nullptr, *name = nullptr;
  bool valid = false;
  POSTERN_RNP(rnp_op_verify_get_protection_info(opening, &mode, &cipher, &valid));
  if (!valid) throw std::runtime_error("its integrity is not proven");
  opened.protection = rnp::take(mode);
  opened.cipher = rnp::take(cipher);
  POSTERN_RNP(rnp_op_verify_get_file_info(opening, &name, &opened.file_time));
  opened.file_name = rnp::take(name);
  std::size_t count = 0;
  POSTERN_RNP(rnp_op_verify_get_recipient_count(opening, &count));
  for (std::size_t i = 0; i < count; ++i) {
    rnp_recipient_handle_t recipient = nullptr;
    char* id = nullptr;
    POSTERN_RNP(rnp_op_verify_get_recipient_at(opening, i, &recipient));
    POSTERN_RNP(rnp_recipient_get_keyid(recipient, &id));
    opened.recipients.push_back(lowered(rnp::take(id)));
  }
  POSTERN_RNP(rnp_op_verify_get_signature_count(opening, &count));
  for (std::size_t i = 0; i < count; ++i) {
    rnp_op_verify_signature_t signature = nullptr;
    char* hash = nullptr;
    POSTERN_RNP(rnp_op_verify_get_signature_at(opening, i, &signature));
    const rnp_result_t status = rnp_op_verify_signature_get_status(signature);
    POSTERN_RNP(rnp_op_verify_signature_get_hash(signature, &hash));
    opened.hashes.push_back(rnp::take(hash));
    rnp_key_handle_t key = nullptr;
    if (status != RNP_SUCCESS || rnp_op_verify_signature_get_key(signature, &key) != RNP_SUCCESS) {
      opened.bad.emplace_back(rnp_result_to_string(status));
      continue;
    }
    char* fingerprint = nullptr;
    POSTERN_RNP(rnp_key_get_fprint(key, &fingerprint));
    opened.signed_by.push_back(lowered(rnp::take(fingerprint)));
    rnp_key_handle_destroy(key);
  }
  return opened;
}

/// tests/cases/openpgp/NAME.asc
inline std::string pgp_case(const std::string& name) {
  std::ifstream in(SOURCE_DIR "/tests/cases/openpgp/" + name + ".asc", std::ios::binary);
  if (!in) throw std::runtime_error("no key " + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace postern::test
