#include <optional>

#include "crypto/smime.hpp"
#include "interop/seal_command.hpp"
#include "mail/entity.hpp"

namespace postern::interop {
namespace {

struct Wanted {
  std::optional<crypto::SmimeSigner> signer;
  crypto::SignatureForm form = crypto::SignatureForm::clear;
  std::vector<crypto::Certificate> to;
  crypto::ContentCipher cipher = crypto::ContentCipher::aes256_cbc;
  crypto::RsaTransport transport = crypto::RsaTransport::by_certificate;
};

Result<std::vector<crypto::Certificate>> load_certificates(const std::string& path) {
  const auto pem = load_file(path);
  if (!pem) return fail(pem.error());
  return crypto::Certificate::parse_pem(*pem);
}

/// The first certificate of the file is the signer's, the others go with it.
Result<crypto::SmimeSigner> load_signer(const std::string& certificates, const std::string& key) {
  auto all = load_certificates(certificates);
  if (!all) return fail(all.error());
  const auto pem = load_file(key);
  if (!pem) return fail(pem.error());
  auto parsed =
      crypto::PrivateKey::parse(Secret(std::span(reinterpret_cast<const std::uint8_t*>(pem->data()), pem->size())));
  if (!parsed) return fail(parsed.error());
  return crypto::SmimeSigner{all->front(), *parsed, {all->begin() + 1, all->end()}};
}

Result<Wanted> parse(Words words) {
  Wanted wanted;
  while (!words.empty()) {
    const std::string option = take(words);
    if (option == "--sign") {
      const std::string certificates = take(words), key = take(words);
      auto signer = load_signer(certificates, key);
      if (!signer) return fail(signer.error());
      wanted.signer = std::move(*signer);
      if (take(words) == "opaque") wanted.form = crypto::SignatureForm::opaque;
    } else if (option == "--encrypt") {
      if (take(words) == "gcm") wanted.cipher = crypto::ContentCipher::aes256_gcm;
      while (!words.empty() && !words.front().starts_with("--")) {
        const auto all = load_certificates(take(words));
        if (!all) return fail(all.error());
        wanted.to.push_back(all->front());
      }
    } else if (option == "--oaep") {
      wanted.transport = crypto::RsaTransport::oaep;
    } else {
      return fail(Errc::invalid, "unknown option: " + option);
    }
  }
  return wanted;
}

}  // namespace

Result<std::string> seal_smime(Words words, std::string_view message) {
  const auto wanted = parse(std::move(words));
  if (!wanted) return fail(wanted.error());
  const mail::Entity parts = mail::cut_entity(message);
  Result<std::string> sealed = parts.inner;
  if (wanted->signer) sealed = crypto::sign_smime(*sealed, *wanted->signer, wanted->form);
  if (sealed && !wanted->to.empty())
    sealed = crypto::encrypt_smime(*sealed, wanted->to, wanted->cipher, wanted->transport);
  if (!sealed) return sealed;
  return parts.outer + "MIME-Version: 1.0\r\n" + *sealed;
}

}  // namespace postern::interop
