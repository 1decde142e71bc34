// OpenSSL's CMS objects with an owner, and as DER.
#pragma once

#include <memory>
#include <string>

#include <openssl/cms.h>

#include "crypto/openssl.hpp"

namespace postern::crypto {

/// OpenSSL counts in int, and what is sealed grows. Far above any limit of a message.
inline constexpr std::size_t largest_entity = std::size_t{1} << 30;

using Cms = std::unique_ptr<CMS_ContentInfo, Frees<CMS_ContentInfo_free>>;

/// Empty where it cannot be encoded. Definite lengths throughout: not every reader takes BER.
[[nodiscard]] inline std::string der_of(const Cms& cms) {
  const int size = i2d_CMS_ContentInfo(cms.get(), nullptr);
  std::string der;
  if (size <= 0) return der;
  der.resize_and_overwrite(static_cast<std::size_t>(size), [&](char* data, std::size_t) {
    auto* to = reinterpret_cast<unsigned char*>(data);
    const int written = i2d_CMS_ContentInfo(cms.get(), &to);
    return written == size ? static_cast<std::size_t>(size) : 0;
  });
  return der;
}

/// The content of an object that is being built, to be set as a whole: after this OpenSSL no longer waits for a stream.
[[nodiscard]] inline ASN1_OCTET_STRING* content_to_set(const Cms& cms) {
  ASN1_OCTET_STRING** content = CMS_get0_content(cms.get());
  if (content == nullptr || *content == nullptr) return nullptr;
  (*content)->flags &= ~ASN1_STRING_FLAG_CONT;
  return *content;
}

}  // namespace postern::crypto
