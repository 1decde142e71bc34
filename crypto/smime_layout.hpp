// How CMS objects stand in MIME (RFC 8551 §3.2, §3.5): the only place that writes these header fields. OpenSSL's own
// writer makes text canonical and streams BER; this one changes no octet.
#pragma once

#include <string>
#include <string_view>

namespace postern::crypto {

/// application/pkcs7-mime; `type` is the smime-type: "enveloped-data", "authEnveloped-data", "signed-data".
[[nodiscard]] std::string lay_out_pkcs7_mime(std::string_view type, std::string_view der);

struct DetachedSignature {
  std::string_view der;
  std::string_view micalg;  // "sha-256" (RFC 8551 §3.5.3.2)
  std::string_view digest;  // of the entity, as it was signed
};
[[nodiscard]] std::string lay_out_signed(std::string_view entity, const DetachedSignature& signature);

}  // namespace postern::crypto
