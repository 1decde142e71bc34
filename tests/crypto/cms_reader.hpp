// The recipient, by OpenSSL's own means: opens what we sealed and checks what we signed, and knows nothing of our code.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "crypto/openssl.hpp"
#include "tests/support/mail_pki.hpp"

namespace postern::test {

using CmsPtr = std::unique_ptr<CMS_ContentInfo, crypto::Frees<CMS_ContentInfo_free>>;

struct MimeObject {
  std::string fields, body;
};
inline MimeObject split_mime(std::string_view entity) {
  const std::size_t end = entity.find("\r\n\r\n");
  return {std::string(entity.substr(0, end + 2)), std::string(entity.substr(end + 4))};
}

inline std::string decode_base64(std::string_view text) {
  std::string letters;
  for (const char c : text)
    if (c != '\r' && c != '\n') letters += c;
  std::string out(letters.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(letters.data()), static_cast<int>(letters.size()));
  const auto padding = static_cast<std::size_t>(letters.ends_with("==") ? 2 : letters.ends_with('=') ? 1 : 0);
  out.resize(size < 0 ? 0 : static_cast<std::size_t>(size) - padding);
  return out;
}

inline CmsPtr read_cms(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return CmsPtr(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
}

inline std::string text_form(const CMS_ContentInfo* cms) {
  const crypto::Bio out = crypto::write_bio();
  CMS_ContentInfo_print_ctx(out.get(), cms, 0, nullptr);
  return std::string(crypto::contents(out));
}

/// Nothing: it cannot be opened with that key.
inline std::optional<std::string> open_cms(std::string_view entity, const MailPki& with) {
  const CmsPtr cms = read_cms(decode_base64(split_mime(entity).body));
  const crypto::Bio out = crypto::write_bio();
  const bool opened =
      cms && CMS_decrypt(cms.get(), with.key.get(), with.certificate.get(), nullptr, out.get(), CMS_BINARY) == 1;
  ERR_clear_error();
  if (!opened) return std::nullopt;
  return std::string(crypto::contents(out));
}

struct SignedParts {
  std::string boundary, entity, signature_fields, signature;
};
/// As a MIME reader does it: the first part is between its boundary line and the CRLF before the next one.
inline std::optional<SignedParts> split_signed(std::string_view message) {
  const auto [fields, body] = split_mime(message);
  const std::size_t at = fields.find("boundary=\"");
  if (at == std::string::npos) return std::nullopt;
  SignedParts parts;
  parts.boundary = fields.substr(at + 10, fields.find('"', at + 10) - at - 10);
  const std::string open = "--" + parts.boundary + "\r\n", next = "\r\n" + open,
                    close = "\r\n--" + parts.boundary + "--\r\n";
  const std::size_t second = body.find(next);
  if (!body.starts_with(open) || second == std::string::npos || !body.ends_with(close)) return std::nullopt;
  parts.entity = second < open.size() ? "" : body.substr(open.size(), second - open.size());
  const auto object = split_mime(body.substr(second + next.size()));
  parts.signature_fields = object.fields;
  parts.signature = decode_base64(object.body.substr(0, object.body.size() - close.size()));
  return parts;
}

/// Nothing: the signature does not hold, or leads to no certificate of `root`. Opaque ones bring their content.
inline std::optional<std::string> check_signature(const std::string& der, const std::string* detached,
                                                  const MailPki& root) {
  const CmsPtr cms = read_cms(der);
  const std::unique_ptr<X509_STORE, crypto::Frees<X509_STORE_free>> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), root.certificate.get());
  const crypto::Bio out = crypto::write_bio();
  const crypto::Bio in(detached != nullptr ? crypto::read_bio(*detached) : crypto::Bio());
  const bool holds = cms && CMS_verify(cms.get(), nullptr, store.get(), in.get(), out.get(), CMS_BINARY) == 1;
  ERR_clear_error();
  if (!holds) return std::nullopt;
  return std::string(crypto::contents(out));
}

}  // namespace postern::test
