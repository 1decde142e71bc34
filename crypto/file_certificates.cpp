#include "crypto/file_certificates.hpp"

#include <algorithm>

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "base/ascii.hpp"
#include "crypto/ldif.hpp"
#include "crypto/openssl.hpp"
#include "crypto/pkcs12.hpp"

namespace postern::crypto {
namespace {

using Signed = std::unique_ptr<PKCS7, Frees<PKCS7_free>>;
using Key = std::unique_ptr<EVP_PKEY, Frees<EVP_PKEY_free>>;

/// PKCS #7 (RFC 5652) that carries certificates: signed-data, with a signer or without.
Result<std::vector<Certificate>> certificates_of(std::string_view der) {
  const ErrorQueue errors;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const Signed read(d2i_PKCS7(nullptr, &at, static_cast<long>(der.size())));
  if (!read) return errors.fail(Errc::invalid, "not PKCS#7");
  if (OBJ_obj2nid(read->type) != NID_pkcs7_signed || read->d.sign == nullptr)
    return fail(Errc::invalid, "PKCS#7, but not a set of certificates");
  std::vector<Certificate> all;
  const STACK_OF(X509)* certificates = read->d.sign->cert;
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    X509* one = sk_X509_value(certificates, i);
    X509_up_ref(one);
    all.emplace_back(one);
  }
  if (all.empty()) return fail(Errc::invalid, "PKCS#7 without a certificate");
  return all;
}

/// One certificate in DER, PKCS #7, or PKCS #12, whichever it is.
Result<void> read_der(std::string_view der, const Secret& password, FileCertificates& found) {
  if (looks_like_pkcs12(der)) {
    auto safe = parse_pkcs12(der, password);
    if (!safe) return fail(safe.error());
    for (Certificate& one : safe->certificates)
      found.certificates.push_back({std::move(one)});
    std::ranges::move(safe->keys, std::back_inserter(found.keys));
    return {};
  }
  if (auto one = Certificate::parse_der(der)) {
    found.certificates.push_back({std::move(*one)});
    return {};
  }
  auto all = certificates_of(der);
  if (!all)
    return fail(Errc::invalid, all.error().text == "not PKCS#7" ? "DER, but neither a certificate, PKCS#7 nor PKCS#12"
                                                                : all.error().text);
  for (Certificate& one : *all)
    found.certificates.push_back({std::move(one)});
  return {};
}

/// A block of a PEM file, freed and wiped.
struct Block {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
  }
};

Result<void> read_private_key(const Block& block, FileCertificates& found) {
  const ErrorQueue errors;
  const std::string_view header = block.header;
  if (std::string_view(block.name) == PEM_STRING_PKCS8 || header.find("ENCRYPTED") != std::string_view::npos)
    return fail(Errc::invalid, "a private key with a pass phrase: decrypt it first, or give PKCS#12 and its password");
  const auto* at = block.data;
  const Key key(d2i_AutoPrivateKey(nullptr, &at, block.size));
  if (!key) return errors.fail(Errc::invalid, "a private key that cannot be read");
  found.keys.push_back(format_private_key(key.get()));
  return {};
}

Result<void> read_block(const Block& block, FileCertificates& found) {
  const std::string_view name = block.name;
  if (name.ends_with("PRIVATE KEY")) return read_private_key(block, found);
  if (name == PEM_STRING_PKCS7 || name == PEM_STRING_PKCS7_SIGNED || name == PEM_STRING_CMS) {
    auto all = certificates_of(block.bytes());
    if (!all) return fail(all.error());
    for (Certificate& one : *all)
      found.certificates.push_back({std::move(one)});
    return {};
  }
  if (name != PEM_STRING_X509 && name != PEM_STRING_X509_OLD)
    return fail(Errc::invalid, "neither a certificate nor PKCS#7");
  auto one = Certificate::parse_der(block.bytes());
  if (!one) return fail(one.error());
  found.certificates.push_back({std::move(*one)});
  return {};
}

/// From one "-----BEGIN " to the next: a block that cannot be read takes no other with it.
std::vector<std::string_view> split_pem(std::string_view text, std::size_t most) {
  constexpr std::string_view begin = "-----BEGIN ";
  std::vector<std::string_view> blocks;
  for (std::size_t at = text.find(begin); at != std::string_view::npos && blocks.size() <= most;) {
    const std::size_t next = text.find(begin, at + begin.size());
    blocks.push_back(text.substr(at, next == std::string_view::npos ? next : next - at));
    at = next;
  }
  return blocks;
}

void read_pem(std::string_view text, std::size_t most_items, FileCertificates& found) {
  std::size_t number = 0;
  for (const std::string_view one : split_pem(text, most_items)) {
    const std::string where = "block " + std::to_string(++number);
    if (number > most_items) return found.wrong.emplace_back(where, "too many blocks; the rest is not read"), void();
    const ErrorQueue errors;
    const Bio in = read_bio(one);
    const std::size_t before = found.certificates.size();
    Block block;
    Result<void> done = fail(Errc::invalid, "a PEM block that is damaged");
    if (PEM_read_bio(in.get(), &block.name, &block.header, &block.data, &block.size) == 1)
      done = read_block(block, found);
    if (!done) found.wrong.emplace_back(where, done.error().text);
    for (std::size_t i = before; i < found.certificates.size(); ++i)
      found.certificates[i].where = where;
  }
}

/// RFC 4523 (userCertificate), RFC 2798 §2.8 (userSMIMECertificate: PKCS #7).
void read_entry(const LdifEntry& entry, const std::string& where, FileCertificates& found) {
  std::vector<std::string> addresses;
  for (const auto& [name, value] : entry) {
    if (name == "mail" || name == "rfc822mailbox") addresses.push_back(value);
  }
  const std::size_t before = found.certificates.size();
  for (const auto& [name, value] : entry) {
    if (name != "usercertificate" && name != "usercertificate;binary" && name != "usersmimecertificate" &&
        name != "usersmimecertificate;binary")
      continue;
    const auto done =
        looks_like_pkcs12(value) ? fail(Errc::invalid, "PKCS#12 in a directory") : read_der(value, {}, found);
    if (!done) found.wrong.emplace_back(where, done.error().text);
  }
  for (std::size_t i = before; i < found.certificates.size(); ++i) {
    found.certificates[i].where = where;
    found.certificates[i].addresses = addresses;
  }
}

void read_directory(std::string_view text, std::size_t most_items, FileCertificates& found) {
  std::size_t number = 0;
  for (const auto& entry : parse_ldif(text)) {
    const std::string where = "entry " + std::to_string(++number);
    if (found.certificates.size() + found.wrong.size() >= most_items) {
      found.wrong.emplace_back(where, "too many entries; what follows is not read");
      return;
    }
    if (!entry) {
      found.wrong.emplace_back(where, entry.error().text);
    } else {
      read_entry(*entry, where, found);
    }
  }
}

}  // namespace

Result<std::optional<FileCertificates>> read_certificates(std::string_view bytes, const Secret& password,
                                                          std::size_t most_items) {
  FileCertificates found;
  if (bytes.starts_with('\x30')) {
    if (auto done = read_der(bytes, password, found); !done) return fail(done.error());
    return std::optional(std::move(found));
  }
  if (looks_like_ldif(bytes)) {
    read_directory(bytes, most_items, found);
    return std::optional(std::move(found));
  }
  if (bytes.find("-----BEGIN ") == std::string_view::npos) return std::optional<FileCertificates>();
  read_pem(bytes, most_items, found);
  return std::optional(std::move(found));
}

}  // namespace postern::crypto
