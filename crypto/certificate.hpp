// An X.509 certificate, and what it says about itself. Nothing here is a judgement: which certificate is right for a
// recipient, and whether its chain holds, is decided elsewhere. Cheap to copy: copies share one certificate.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "crypto/private_key.hpp"

namespace postern::crypto {

class Certificate {
 public:
  /// One certificate in DER, no octet more or less.
  [[nodiscard]] static Result<Certificate> parse_der(std::string_view der);
  /// Every certificate of a PEM text; none is an Error.
  [[nodiscard]] static Result<std::vector<Certificate>> parse_pem(std::string_view pem);
  /// Those that a PKCS #7 SignedData carries (DER), whatever else it holds; none is an Error.
  [[nodiscard]] static Result<std::vector<Certificate>> parse_pkcs7(std::string_view der);
  explicit Certificate(X509* owned);  // takes it over

  [[nodiscard]] std::string der() const;
  [[nodiscard]] std::string fingerprint() const;  // SHA-256 of the DER, 64 lower-case hexadecimal digits
  [[nodiscard]] std::string subject() const;      // RFC 2253 form, UTF-8
  [[nodiscard]] std::string issuer() const;
  [[nodiscard]] Time not_before() const;
  [[nodiscard]] Time not_after() const;
  /// rfc822Name and SmtpUTF8Mailbox (RFC 9598) of the subject's alternative names, as written.
  [[nodiscard]] std::vector<std::string> alternative_addresses() const;
  /// emailAddress in the subject (RFC 8550 §3: legacy; the alternative names come first).
  [[nodiscard]] std::vector<std::string> subject_addresses() const;
  [[nodiscard]] KeyAlgorithm algorithm() const;
  [[nodiscard]] int bits() const;
  [[nodiscard]] X509* get() const { return certificate_.get(); }

 private:
  std::shared_ptr<X509> certificate_;
};

}  // namespace postern::crypto
