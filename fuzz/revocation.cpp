// CRLs and OCSP answers as a stranger's server gives them, the first octet says which: nothing that is not signed by
// the issuer is more than `unknown`. The issuer is one whose key nobody here has, so that nothing can be signed by it.
#include "crypto/revocation.hpp"

#include <openssl/err.h>

#include "fuzz/target.hpp"

using namespace postern;
using namespace postern::crypto;
using fuzz::require;

namespace {

constexpr std::string_view issuer_pem = R"(-----BEGIN CERTIFICATE-----
MIIBhDCCASmgAwIBAgIUWSC/BbDpZTx0XqFj3Q8o81b0wH4wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEZnV6ejAeFw0yNjExMjgxMDE0NDBaFw0zNjExMjUxMDE0NDBa
MA8xDTALBgNVBAMMBGZ1enowWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAToXeqh
iA4oURY/0FpU945oDwnlB9/mgjpt/fqviVnwDpkVi0goPBcQn1zelFC97037vQG5
BKJAffIRbenCc3+3o2MwYTAdBgNVHQ4EFgQUq46Esa9eOmcN4oOLeSBRW59OfDcw
HwYDVR0jBBgwFoAUq46Esa9eOmcN4oOLeSBRW59OfDcwDwYDVR0TAQH/BAUwAwEB
/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZIzj0EAwIDSQAwRgIhAIVxyuEZ5OFqd4f1
XNVIasKe3cvkm1KpszYGczHf9pOmAiEAr7J/aJxCctFRi/of5zaMpKuA8VGhrAAU
Mdq38z0xM7k=
-----END CERTIFICATE-----
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Certificate issuer = Certificate::parse_pem(issuer_pem)->front();
  static const Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28);
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text(data + 1, size - 1);
  const RevocationAnswer answer =
      data[0] % 2 == 0 ? check_crl(issuer, issuer, bytes, now) : check_ocsp(issuer, issuer, bytes, now);
  require(answer.status == RevocationStatus::unknown);
  require(!answer.text.empty() && answer.until == Time{});
  require(ERR_peek_error() == 0);
  return 0;
}
