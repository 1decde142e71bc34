// keys: where recipients' keys and signing identities are kept, and who is believed about them.
#include "gateway/config_schema.hpp"

namespace postern::gateway {
namespace {

namespace fs = std::filesystem;

const Words<OpenpgpEngineName> engine_words = {{"librnp", OpenpgpEngineName::librnp},
                                               {"gnupg", OpenpgpEngineName::gnupg}};
const Words<RevocationMode> revocation_words = {
    {"hard", RevocationMode::hard}, {"soft", RevocationMode::soft}, {"off", RevocationMode::off}};

Result<crypto::DatabaseRef> parse_key_store(std::string_view text) {
  return crypto::parse_database_ref(text, "the key store");
}

Settings<KeysConfig> keys_settings(const fs::path& base) {
  const auto file_of = [base](auto KeysConfig::* member) {
    return [base, member](Reading& in, const Node& node, KeysConfig& keys) {
      if (const auto value = read_text(in, node)) keys.*member = base / *value;
    };
  };
  return {
      parsed("store", &KeysConfig::store, parse_key_store, "sqlite:FILE, postgresql:SECRET", "sqlite:keys.db",
             "Where keys are kept (docs/keys.md): a file in the state folder, or a server whose conninfo is the "
             "secret: \"postgresql:credential:keys-db\""),
      custom<KeysConfig>("roots", "file", "",
                         "Authorities (PEM) whose certificates for recipients are believed; without it only what an "
                         "administrator imported is used",
                         file_of(&KeysConfig::roots)),
      custom<KeysConfig>("signer_roots", "file", "as roots",
                         "Authorities (PEM) that recipients accept signatures under; mail of senders whose "
                         "certificate leads to none of them is sealed unsigned",
                         file_of(&KeysConfig::signer_roots)),
      choice("openpgp", &KeysConfig::openpgp, engine_words, "librnp",
             "The engine: librnp works in this process and is faster by far; gnupg starts gpg for each "
             "message, where an administrator wants its cryptography"),
      custom<KeysConfig>("gnupg_folder", "folder", "/run/postern/gnupg",
                         "Where gpg works, with openpgp = \"gnupg\": on a file system in memory, ours alone",
                         file_of(&KeysConfig::gnupg_folder)),
      flag("use_found", &KeysConfig::use_found, "false",
           "Also keys of recipients that nothing proves to be theirs, where there are no better ones"),
      choice("revocation", &KeysConfig::revocation, revocation_words, "hard",
             "Certificates that lead to roots are asked about by OCSP and CRL. No answer: hard lets "
             "the mail wait and take its next rung in the end, soft uses the certificate and says so; "
             "off asks nobody"),
      directories_setting(base),
  };
}

}  // namespace

Setting<ConfigFile> keys_setting(const fs::path& base) {
  return section<ConfigFile>("keys", keys_settings(base),
                             [](ConfigFile& file) -> KeysConfig& { return file.config.keys; });
}

}  // namespace postern::gateway
