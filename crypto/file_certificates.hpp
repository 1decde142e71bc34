// Certificates and private keys of one file that is not OpenPGP: PEM, DER, PKCS #7, PKCS #12, LDIF.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "crypto/certificate.hpp"

namespace postern::crypto {

struct FileCertificate {
  Certificate certificate;
  std::string where = {};                   // in the file: "entry 3"
  std::vector<std::string> addresses = {};  // that a directory has for it
};

struct FileCertificates {
  std::vector<FileCertificate> certificates;
  std::vector<Secret> keys;                                // PKCS #8 in PEM
  std::vector<std::pair<std::string, std::string>> wrong;  // where, why
};

/// An Error: the file as a whole; nothing: it is none of these.
[[nodiscard]] Result<std::optional<FileCertificates>> read_certificates(std::string_view bytes, const Secret& password,
                                                                        std::size_t most_items);

}  // namespace postern::crypto
