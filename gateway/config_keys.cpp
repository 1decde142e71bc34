// keys: where recipients' keys and signing identities are kept, and who is believed about them.
#include "gateway/config_schema.hpp"
#include "gateway/config_values.hpp"

namespace postern::gateway {
namespace {

namespace fs = std::filesystem;

const Words<OpenpgpEngineName> engine_words = {{"librnp", OpenpgpEngineName::librnp},
                                               {"gnupg", OpenpgpEngineName::gnupg}};
const Words<RevocationMode> revocation_words = {
    {"hard", RevocationMode::hard}, {"soft", RevocationMode::soft}, {"off", RevocationMode::off}};

void read_store(Reading& in, const Node& node, ConfigFile& file) {
  const auto value = read_text(in, node);
  if (!value) return;
  auto database = parse_key_database(*value);
  if (!database) return in.complain(node, database.error().text);
  file.config.keys.store = std::move(*database);
}

}  // namespace

Setting<ConfigFile> keys_setting(const fs::path& base) {
  const auto file_of = [base](std::optional<fs::path> KeysConfig::* member) {
    return [base, member](Reading& in, const Node& node, ConfigFile& file) {
      if (const auto value = read_text(in, node)) file.config.keys.*member = base / *value;
    };
  };
  return section<ConfigFile>(
      "keys",
      {
          custom<ConfigFile>("store", "sqlite:FILE, postgresql:SECRET", "sqlite:keys.db",
                             "Where keys are kept (docs/keys.md): a file in the state folder, or a server whose "
                             "conninfo is the secret: \"postgresql:credential:keys-db\"",
                             read_store),
          custom<ConfigFile>(
              "roots", "file", "",
              "Authorities (PEM) whose certificates for recipients are believed; without it only what an "
              "administrator imported is used",
              file_of(&KeysConfig::roots)),
          custom<ConfigFile>("signer_roots", "file", "as roots",
                             "Authorities (PEM) that recipients accept signatures under; mail of senders whose "
                             "certificate leads to none of them is sealed unsigned",
                             file_of(&KeysConfig::signer_roots)),
          custom<ConfigFile>("openpgp", "librnp, gnupg", "librnp",
                             "The engine: librnp works in this process and is faster by far; gnupg starts gpg for each "
                             "message, where an administrator wants its cryptography",
                             [](Reading& in, const Node& node, ConfigFile& file) {
                               if (const auto engine = read_word(in, node, engine_words))
                                 file.config.keys.openpgp = *engine;
                             }),
          custom<ConfigFile>("gnupg_folder", "folder", "/run/postern/gnupg",
                             "Where gpg works, with openpgp = \"gnupg\": on a file system in memory, ours alone",
                             [base](Reading& in, const Node& node, ConfigFile& file) {
                               if (const auto value = read_text(in, node))
                                 file.config.keys.gnupg_folder = base / *value;
                             }),
          custom<ConfigFile>("use_found", "true or false", "false",
                             "Also keys of recipients that nothing proves to be theirs, where there are no better ones",
                             [](Reading& in, const Node& node, ConfigFile& file) {
                               if (const auto value = read_flag(in, node)) file.config.keys.use_found = *value;
                             }),
          custom<ConfigFile>("revocation", "hard, soft, off", "hard",
                             "Certificates that lead to roots are asked about by OCSP and CRL. No answer: hard lets "
                             "the mail wait and take its next rung in the end, soft uses the certificate and says so; "
                             "off asks nobody",
                             [](Reading& in, const Node& node, ConfigFile& file) {
                               if (const auto mode = read_word(in, node, revocation_words))
                                 file.config.keys.revocation = *mode;
                             }),
      });
}

}  // namespace postern::gateway
