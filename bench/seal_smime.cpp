// smime-*: sign clearly and encrypt, MIME and all, beside CMS_sign and CMS_encrypt to DER without any.
#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <openssl/cms.h>

#include "bench/seal.hpp"
#include "crypto/openssl.hpp"
#include "crypto/smime.hpp"
#include "tests/support/mail_pki.hpp"

namespace postern::bench {
namespace {

using crypto::ContentCipher;
using test::MailPki;
using CmsPtr = std::unique_ptr<CMS_ContentInfo, crypto::Frees<CMS_ContentInfo_free>>;

struct Scene {
  crypto::SmimeSigner signer;
  std::vector<crypto::Certificate> to;
  std::string entity;
};

Scene scene(std::size_t size, const std::string& key, const std::string& reader) {
  const MailPki root = test::mail_authority("root");
  const MailPki ann = issue_mail(&root, {.addresses = {"ann@clinic.example"}, .key = key});
  const MailPki bob = issue_mail(&root, {.addresses = {"bob@lab.example"}, .key = reader + "/bob"});
  std::string entity = "Content-Type: text/plain; charset=us-ascii\r\n\r\n";
  while (entity.size() < size)
    entity += "The patient was seen on Tuesday and will return for a follow-up in two weeks.\r\n";
  return {{ann.certificate, ann.key, {}}, {bob.certificate}, std::move(entity)};
}

void must(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "bench_seal: {} failed\n", what);
  std::exit(1);
}

void ours(const Scene& scene, ContentCipher cipher) {
  const auto signed_entity = sign_smime(scene.entity, scene.signer, crypto::SignatureForm::clear);
  must(signed_entity.has_value(), "signing");
  const auto sealed = encrypt_smime(*signed_entity, scene.to, cipher);
  must(sealed.has_value(), "encrypting");
}

std::string der_of(const CmsPtr& cms) {
  must(cms != nullptr, "CMS");
  unsigned char* der = nullptr;
  const int size = i2d_CMS_ContentInfo(cms.get(), &der);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

void bare(const Scene& scene, ContentCipher cipher) {
  const crypto::Bio content = crypto::read_bio(scene.entity);
  const CmsPtr signature(CMS_sign(scene.signer.certificate.get(), scene.signer.key.get(), nullptr, content.get(),
                                  CMS_DETACHED | CMS_BINARY));
  const std::string signed_der = der_of(signature);
  STACK_OF(X509)* to = sk_X509_new_null();
  sk_X509_push(to, scene.to[0].get());
  const crypto::Bio again = crypto::read_bio(scene.entity);
  const EVP_CIPHER* how = cipher == ContentCipher::aes256_gcm ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
  const CmsPtr encrypted(CMS_encrypt(to, again.get(), how, CMS_BINARY));
  sk_X509_free(to);
  must(!signed_der.empty() && !der_of(encrypted).empty(), "bare CMS");
}

std::vector<Figure> measure(std::size_t size, const std::string& key, const std::string& reader, ContentCipher cipher) {
  const Scene at = scene(size, key, reader);
  const Pair seconds = measure_in_turns([&] { ours(at, cipher); }, [&] { bare(at, cipher); });
  return {{"ratio_to_bare", seconds.theirs / seconds.ours, "ratio"},
          {"per_second", 1 / seconds.ours, "messages/s of one core"},
          {"bare_per_second", 1 / seconds.theirs, "messages/s of one core"}};
}

}  // namespace

void add_smime_cases(std::vector<SealCase>& cases) {
  constexpr std::size_t small = 10'240, large = 1'048'576;
  for (const auto& [name, key, cipher] :
       {std::tuple("", "rsa2048", ContentCipher::aes256_cbc), std::tuple("-p256", "p256", ContentCipher::aes256_cbc),
        std::tuple("-p256-gcm", "p256", ContentCipher::aes256_gcm)}) {
    cases.push_back({fmt::format("smime-10k{}", name), [=] { return measure(small, key, key, cipher); }});
    cases.push_back({fmt::format("smime-1m{}", name), [=] { return measure(large, key, key, cipher); }});
  }
  // As most partners have it, and what seal-relay.py sends.
  cases.push_back(
      {"smime-10k-p256-to-rsa2048", [=] { return measure(small, "p256", "rsa2048", ContentCipher::aes256_cbc); }});
}

}  // namespace postern::bench
