#include "crypto/key_import.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "crypto/file_certificates.hpp"
#include "crypto/key_store.hpp"
#include "crypto/key_tables.hpp"
#include "crypto/openssl.hpp"

namespace postern::crypto {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view openpgp_armour = "-----BEGIN PGP ";

/// RFC 4880 §4.2, a binary file that begins with a public (6) or secret (5) key: 10tttt.. or 11tttttt.
bool looks_like_openpgp(std::string_view bytes) {
  if (bytes.find(openpgp_armour) != std::string_view::npos) return true;
  if (bytes.empty()) return false;
  const auto first = static_cast<unsigned char>(bytes.front());
  const unsigned tag = (first & 0xC0U) == 0xC0U ? first & 0x3FU : (first & 0xC0U) == 0x80U ? (first & 0x3CU) >> 2 : 0;
  return tag == 5 || tag == 6;
}

bool is_authority(const Certificate& certificate) {
  const ErrorQueue errors;
  return X509_check_ca(certificate.get()) == 1;
}

/// One file on its way into an Import.
class FileImport {
 public:
  FileImport(std::string name, const ImportOptions& options, Import& import)
      : name_(one_line(name)), options_(options), import_(import) {}

  void read(std::string_view bytes) {
    if (bytes.empty()) return reject("", "it is empty");
    if (looks_like_openpgp(bytes)) return read_openpgp(bytes);
    auto found = read_certificates(bytes, options_.password, options_.limits.items);
    if (!found) return reject("", found.error().text);
    if (!*found)
      return reject("", "neither PEM, DER, PKCS#7, PKCS#12, LDIF nor OpenPGP: content decides, not the name");
    take(**found);
  }

  void reject(const std::string& where, const std::string& reason) {
    if (import_.rejected.size() < options_.limits.items)
      import_.rejected.push_back({where.empty() ? name_ : name_ + ", " + where, reason});
  }

 private:
  bool has_room() { return import_.keys.size() + import_.identities.size() < options_.limits.items; }

  void read_openpgp(std::string_view bytes) {
    if (!options_.read_openpgp) return reject("", "OpenPGP keys are not read by this build");
    auto file = options_.read_openpgp(bytes);
    if (!file) return reject("", file.error().text);
    for (const std::string& line : file->refused)
      reject("", one_line(line));
    for (OpenpgpFacts& facts : file->keys) {
      KeyRecord key;
      key.kind = KeyKind::openpgp;
      key.fingerprint = std::move(facts.fingerprint);
      key.bytes = std::move(facts.bytes);
      key.not_before = facts.created;
      key.not_after = facts.expires;
      key.revoked = facts.revoked;
      take(std::move(key), short_fingerprint(key.fingerprint), facts.addresses);
    }
  }

  void take(FileCertificates& found) {
    for (const auto& [where, why] : found.wrong)
      reject(where, why);
    std::vector<bool> used(found.certificates.size());
    for (Secret& key : found.keys)
      take_identity(key, found, used);
    const auto leaves = std::ranges::count_if(
        found.certificates, [](const FileCertificate& one) { return !is_authority(one.certificate); });
    const bool alone = found.certificates.size() == 1;
    if (found.certificates.empty() && found.keys.empty() && found.wrong.empty()) reject("", "there is no key in it");
    for (std::size_t i = 0; i < found.certificates.size(); ++i) {
      const FileCertificate& one = found.certificates[i];
      if (used[i]) continue;
      if (!options_.bind_to.empty() && leaves > 1) {
        reject(one.where, "several certificates in a file cannot all be bound to the same address: give one");
        continue;
      }
      const bool names_somebody = !addresses_of(one).empty();
      if (is_authority(one.certificate) && (options_.bind_to.empty() ? !names_somebody : !alone)) {
        if (found.keys.empty()) reject(one.where, "a certification authority's certificate, and nobody's own");
        continue;
      }
      take(record_of(one.certificate), one.where, addresses_of(one));
    }
  }

  /// RFC 8550 §3: the alternative names; in the subject only where there are none; a directory's word where neither is.
  static std::vector<std::string> addresses_of(const FileCertificate& one) {
    auto names = one.certificate.alternative_addresses();
    if (names.empty()) names = one.certificate.subject_addresses();
    return names.empty() ? one.addresses : names;
  }

  KeyRecord record_of(const Certificate& certificate) const {
    KeyRecord key;
    key.kind = KeyKind::certificate;
    key.fingerprint = certificate.fingerprint();
    key.bytes = certificate.der();
    key.not_before = certificate.not_before();
    key.not_after = certificate.not_after();
    return key;
  }

  /// What its own names, or the administrator, bind it to.
  std::vector<std::string> bound_to(const std::vector<std::string>& names) const {
    std::vector<std::string> addresses;
    for (const std::string& name : options_.bind_to.empty() ? names : options_.bind_to) {
      const auto address = parse_key_address(name);
      // A name in a key that claims a whole domain is none: only an administrator may say so.
      if (!address || (options_.bind_to.empty() && address->starts_with('@'))) continue;
      if (std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(*address);
    }
    return addresses;
  }

  void take(KeyRecord key, const std::string& where, const std::vector<std::string>& names) {
    key.addresses = bound_to(names);
    key.trust = options_.trust;
    key.source = "import: " + name_;
    key.evidence =
        options_.bind_to.empty() ? "an administrator imported it" : "an administrator bound it to the address";
    key.added = options_.now;
    if (key.addresses.empty()) return reject(where, "it names no mail address: --for says whose it is");
    if (key.not_after && *key.not_after <= options_.now)
      return reject(where, "it expired on " + format_rfc3339(*key.not_after).substr(0, 10));
    if (const auto checked = check_key(key); !checked) return reject(where, checked.error().text);
    if (!has_room()) return reject(where, "too many keys at once");
    import_.keys.push_back(std::move(key));
  }

  void take_identity(Secret& pem, FileCertificates& found, std::vector<bool>& used) {
    const auto key = PrivateKey::parse(pem);
    if (!key) return reject("", key.error().text);
    const ErrorQueue errors;
    std::size_t at = 0;
    while (at < used.size() && !is_of(found.certificates[at].certificate, *key))
      ++at;
    if (at == used.size()) return reject("", "a private key without its certificate");
    used[at] = true;
    const FileCertificate& own = found.certificates[at];
    const KeyRecord record = record_of(own.certificate);
    SigningIdentity identity;
    identity.fingerprint = record.fingerprint;
    identity.addresses = bound_to(addresses_of(own));
    identity.bytes = record.bytes;
    identity.not_before = record.not_before;
    identity.not_after = record.not_after;
    identity.source = "import: " + name_;
    identity.added = options_.now;
    identity.key = std::move(pem);
    for (std::size_t i = 0; i < used.size(); ++i) {
      const Certificate& one = found.certificates[i].certificate;
      const bool is_root = X509_check_issued(one.get(), one.get()) == X509_V_OK;  // readers have their own roots
      if (i != at && is_authority(one)) used[i] = true;
      if (i != at && is_authority(one) && !is_root) identity.chain.push_back(one.der());
    }
    if (identity.addresses.empty()) return reject(own.where, "it names no mail address: --for says whose it is");
    if (!has_room()) return reject(own.where, "too many keys at once");
    import_.identities.push_back(std::move(identity));
  }

  static bool is_of(const Certificate& certificate, const PrivateKey& key) {
    const EVP_PKEY* own = X509_get0_pubkey(certificate.get());
    return own != nullptr && EVP_PKEY_eq(own, key.get()) == 1;
  }

  std::string name_;
  const ImportOptions& options_;
  Import& import_;
};

/// A file, whole: it may hold private keys, so in memory that is wiped.
Result<Secret> read_file(const fs::path& path, std::size_t limit) {
  // O_NONBLOCK: a FIFO would wait for ever
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about{};
  if (!file || ::fstat(file.get(), &about) != 0)
    return fail(Errc::io, std::string("cannot be read: ") + std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return fail(Errc::invalid, "not a file");
  if (static_cast<std::size_t>(about.st_size) > limit)
    return fail(Errc::limit, "larger than " + std::to_string(limit) + " octets");
  Secret bytes(static_cast<std::size_t>(about.st_size));
  std::size_t have = 0;
  while (have < bytes.bytes().size()) {
    const ssize_t got = ::read(file.get(), bytes.bytes().data() + have, bytes.bytes().size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(Errc::io, "cannot be read to its end");
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

void import_file(const fs::path& path, const std::string& name, const ImportOptions& options, Import& import) {
  ++import.files;
  FileImport file(name, options, import);
  const auto bytes = read_file(path, options.limits.octets);
  if (!bytes) return file.reject("", bytes.error().text);
  file.read(bytes->text());
}

void import_folder(const fs::path& folder, const ImportOptions& options, Import& import) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && at != end; at.increment(error)) {
    if (at->is_directory(error) && !at->is_symlink(error)) continue;
    if (files.size() == options.limits.files) {
      FileImport(folder.string(), options, import).reject("", "too many files: the rest is not read");
      break;
    }
    files.push_back(at->path());
  }
  if (error) FileImport(folder.string(), options, import).reject("", "cannot be read: " + error.message());
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    const std::string name = file.lexically_relative(folder).string();
    if (fs::is_symlink(file, error)) {
      FileImport(name, options, import).reject("", "a link is not followed");
    } else {
      import_file(file, name, options, import);
    }
  }
}

}  // namespace

Import import_bytes(std::string_view bytes, const std::string& name, const ImportOptions& options) {
  Import import;
  import.files = 1;
  FileImport file(name, options, import);
  if (bytes.size() > options.limits.octets) {
    file.reject("", "larger than " + std::to_string(options.limits.octets) + " octets");
  } else {
    file.read(bytes);
  }
  return import;
}

Import import_path(const fs::path& path, const ImportOptions& options) {
  Import import;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    import_folder(path, options, import);
  } else {
    import_file(path, path.filename().string(), options, import);
  }
  return import;
}

}  // namespace postern::crypto
