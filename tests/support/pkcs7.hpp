// Certificates in a bag, as browsers and mail programs export them: PKCS #7 SignedData that nobody signed.
#pragma once

#include <string>
#include <vector>

#include <openssl/pkcs7.h>

#include "tests/support/pki.hpp"

namespace postern::test {

template <class T>
std::string der_of(T* object, int (*write)(const T*, unsigned char**)) {
  unsigned char* out = nullptr;
  const int size = write(object, &out);
  std::string der(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

inline std::string pkcs7_of(const std::vector<Pki>& all) {
  PKCS7* made = PKCS7_new();
  PKCS7_set_type(made, NID_pkcs7_signed);
  PKCS7_content_new(made, NID_pkcs7_data);
  for (const Pki& one : all)
    PKCS7_add_certificate(made, one.certificate.get());
  std::string der = der_of<PKCS7>(made, i2d_PKCS7);
  PKCS7_free(made);
  return der;
}

}  // namespace postern::test
