// dkim-10k: the signature of a message of 10 KB, its body hashed as it arrives, beside SHA-256 over the same body and
// the signature over a header of the same length by OpenSSL alone.
#include <cstdlib>

#include <openssl/evp.h>

#include "bench/seal.hpp"
#include "crypto/dkim.hpp"

namespace postern::bench {
namespace {

using namespace crypto;

const std::string section =
    "Received: from mail.clinic.example ([192.0.2.1]) by outlook.example with ESMTPS; Wed, 25 Nov 2026 12:00:00 "
    "+0000\r\n"
    "From: Ann <ann@clinic.example>\r\nTo: bob@lab.example\r\nCc: Eve <eve@lab.example>\r\n"
    "Subject: The results of last week's examination\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\n"
    "Message-ID: <20261125120000.1234567890@clinic.example>\r\nIn-Reply-To: <1@lab.example>\r\n"
    "References: <0@lab.example>\r\n\t<1@lab.example>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nX-Mailer: none\r\n\r\n";

/// Prose, with a table that tabs line up.
std::string body_of(std::size_t octets) {
  std::string body;
  while (body.size() < octets)
    body +=
        "The patient was seen on Tuesday and will return for a follow-up in two weeks.\r\n"
        "Blood pressure was normal; the laboratory found nothing that needs treatment.\r\n"
        "Sodium\t140\tmmol/l\r\n\r\n";
  return body;
}

template <class T>
T or_stop(Result<T> result) {
  if (!result) std::abort();
  return std::move(*result);
}

void sign_bare(EVP_PKEY* key, const std::string& header, const std::string& body, bool ed25519) {
  unsigned char hash[32], signature[512];
  unsigned int length = 0;
  std::size_t size = sizeof signature;
  if (EVP_Digest(body.data(), body.size(), hash, &length, EVP_sha256(), nullptr) != 1) std::abort();
  const unsigned char* in = reinterpret_cast<const unsigned char*>(header.data());
  std::size_t in_size = header.size();
  if (ed25519) {  // RFC 8463 §3: of the hash
    if (EVP_Digest(header.data(), header.size(), hash, &length, EVP_sha256(), nullptr) != 1) std::abort();
    in = hash;
    in_size = sizeof hash;
  }
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  if (EVP_DigestSignInit(context, nullptr, ed25519 ? nullptr : EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context, signature, &size, in, in_size) != 1)
    std::abort();
  EVP_MD_CTX_free(context);
}

std::vector<Figure> measure(PrivateKey key) {
  const bool ed25519 = key.algorithm() == KeyAlgorithm::ed25519;
  const std::string body = body_of(10'000);
  const std::vector<DkimKey> keys = {or_stop(DkimKey::make(or_stop(mail::Domain::parse("clinic.example")), "p1", key))};
  // OpenSSL makes an RSA key's blinding anew every 32 signatures: with one key it would always meet the same side.
  const PrivateKey other(EVP_PKEY_dup(key.get()));
  const Time at(std::chrono::seconds(1'764'228'981));
  const Pair pair = measure_in_turns(
      [&] {
        DkimBodyHash hash;
        hash.update(body);
        if (!sign_dkim(section, hash.finish(), keys, at)) std::abort();
      },
      [&] { sign_bare(other.get(), section, body, ed25519); });
  return {{"messages_per_second", 1 / pair.ours, "1/s"}, {"ratio_to_bare", pair.theirs / pair.ours, ""}};
}

}  // namespace

void add_dkim_cases(std::vector<SealCase>& cases) {
  cases.push_back(
      {"dkim-10k", [] { return measure(PrivateKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}))); }});
  cases.push_back(
      {"dkim-10k-ed25519", [] { return measure(PrivateKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))); }});
}

}  // namespace postern::bench
