// smime, openpgp, key_sources: how mail is sealed for those in a scope.
#include <algorithm>

#include "gateway/config_scopes.hpp"
#include "gateway/config_values.hpp"

namespace postern::gateway {
namespace {

Setting<ScopedSettings> scoped_flag(std::string key, std::optional<bool> ScopedSettings::* member,
                                    std::string default_value, std::string doc) {
  return custom<ScopedSettings>(
      std::move(key), "true or false", std::move(default_value), std::move(doc),
      [member](Reading& in, const Node& node, ScopedSettings& scope) { scope.*member = read_flag(in, node); });
}

constexpr const char* domain_signs_doc =
    "Senders without a certificate or key of their own are signed for by their domain's identity: only for partners "
    "whose gateway expects that, since a reader would warn of a signer who is not the sender";
constexpr const char* hide_subject_doc =
    "The subject goes inside, and \"[...]\" stands outside (RFC 9788): only for readers that show it";

}  // namespace

Setting<ScopedSettings> smime_section() {
  return section<ScopedSettings>(
      "smime",
      {
          custom<ScopedSettings>("content", "aes256-cbc, aes256-gcm", "aes256-cbc",
                                 "How S/MIME encrypts. GCM only for partners whose mail programs are known to read it",
                                 [](Reading& in, const Node& node, ScopedSettings& scope) {
                                   scope.smime_content = read_word(
                                       in, node,
                                       Words<crypto::ContentCipher>{{"aes256-cbc", crypto::ContentCipher::aes256_cbc},
                                                                    {"aes256-gcm", crypto::ContentCipher::aes256_gcm}});
                                 }),
          custom<ScopedSettings>(
              "sign", "clear, opaque, never", "clear",
              "The signature inside, where the sender has a certificate: clear for any reader, or opaque",
              [](Reading& in, const Node& node, ScopedSettings& scope) {
                using Form = std::optional<crypto::SignatureForm>;
                scope.smime_sign = read_word(in, node,
                                             Words<Form>{{"clear", crypto::SignatureForm::clear},
                                                         {"opaque", crypto::SignatureForm::opaque},
                                                         {"never", std::nullopt}});
              }),
          scoped_flag("domain_signs", &ScopedSettings::smime_domain_signs, "false", domain_signs_doc),
          scoped_flag("hide_subject", &ScopedSettings::smime_hide_subject, "false", hide_subject_doc),
      });
}

Setting<ScopedSettings> openpgp_section() {
  return section<ScopedSettings>(
      "openpgp", {
                     scoped_flag("sign", &ScopedSettings::openpgp_sign, "true",
                                 "Signed inside, where the sender has a key of her own"),
                     scoped_flag("inline", &ScopedSettings::openpgp_inline, "false",
                                 "A message of one text part as text: for readers that do not know PGP/MIME"),
                     scoped_flag("domain_signs", &ScopedSettings::openpgp_domain_signs, "false", domain_signs_doc),
                     scoped_flag("hide_subject", &ScopedSettings::openpgp_hide_subject, "false", hide_subject_doc),
                 });
}

Setting<ScopedSettings> key_sources_setting() {
  std::string words;
  for (const discovery::KeyOrigin origin : discovery::key_origins)
    words += (words.empty() ? "" : ", ") + std::string(discovery::format_key_origin(origin));
  return custom<ScopedSettings>(
      "key_sources", "list of " + words, "[]",
      "Who is asked for a recipient's keys, when the turn of a sealed rung comes (docs/keys.md). Nobody, unless this "
      "says so: whoever is asked learns whom you write to",
      [words](Reading& in, const Node& node, ScopedSettings& scope) {
        scope.key_sources.emplace();
        for (const std::string& text : read_texts(in, node)) {
          const auto origin = discovery::parse_key_origin(text);
          if (!origin) {
            in.complain(node, "'" + text + "' is no source of keys: they are " + words);
          } else if (std::ranges::find(*scope.key_sources, *origin) == scope.key_sources->end()) {
            scope.key_sources->push_back(*origin);
          }
        }
      });
}

Setting<ScopedSettings> encrypted_counts_setting() {
  return scoped_flag("encrypted_counts", &ScopedSettings::encrypted_counts, "false",
                     "What its sender encrypted by S/MIME or PGP/MIME takes the smime and openpgp rungs as it is; "
                     "otherwise these rungs are passed over. The gateway cannot see for whom it is encrypted");
}

}  // namespace postern::gateway
