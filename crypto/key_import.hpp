// From a file, whatever it holds, to keys: PEM, DER, PKCS #7 without a signer, PKCS #12, LDIF, OpenPGP, or a folder of
// such. What a file is, its content says. One that cannot be read stops nothing: each thing that was left out is told.
//
//   const Import import = import_path("/root/partners", options);
//   store.add(import.keys); for (const Rejected& one : import.rejected) …
//
// Hostile input: octets, files, items and addresses are bounded. Nothing here judges chains: what an administrator
// imports is pinned by that.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "crypto/key_record.hpp"
#include "crypto/signing_identity.hpp"

namespace postern::crypto {

/// What an OpenPGP key says of itself, its self-signatures verified.
struct OpenpgpFacts {
  std::string fingerprint;             // of the primary key, lower-case hexadecimal
  std::string bytes;                   // the transferable public key, binary
  std::vector<std::string> addresses;  // of its user ids
  Time created{};
  std::optional<Time> expires, revoked;
};
struct OpenpgpFile {
  std::vector<OpenpgpFacts> keys;
  std::vector<std::string> refused;  // one line for each that is not read
};
/// Of a file, armoured or binary. Given, so that this file knows no OpenPGP library.
using ReadOpenpgpKeys = std::function<Result<OpenpgpFile>(std::string_view file)>;

struct ImportLimits {
  std::size_t octets = 16U << 20;  // of a file
  std::size_t files = 10'000;      // in a folder, and below it
  std::size_t items = 50'000;      // keys, and what was rejected
};

struct ImportOptions {
  Time now{};
  Trust trust = Trust::pinned;
  std::vector<std::string> bind_to;  // instead of the addresses that a key names: "ann@lab.example", "@lab.example"
  Secret password;                   // of PKCS #12
  ReadOpenpgpKeys read_openpgp;      // absent: OpenPGP keys are rejected
  ImportLimits limits;
};

struct Rejected {
  std::string file;    // its name, and where in it
  std::string reason;  // one line
};

struct Import {
  std::vector<KeyRecord> keys;
  std::vector<SigningIdentity> identities;  // certificates that came with their private keys
  std::vector<Rejected> rejected;
  std::size_t files = 0;  // that were read
};

/// `name` is what the file is called where it is told of.
[[nodiscard]] Import import_bytes(std::string_view bytes, const std::string& name, const ImportOptions& options);
/// A file, or all files in a folder and below it, in the order of their names. Links are not followed.
[[nodiscard]] Import import_path(const std::filesystem::path& path, const ImportOptions& options);

}  // namespace postern::crypto
