// keys.directory: whom to ask for keys by LDAP.
#include "gateway/config_schema.hpp"
#include "gateway/config_values.hpp"

namespace postern::gateway {
namespace {

using discovery::LdapDirectory;

template <class V>
Setting<DirectoryConfig> of_directory(std::string key, V LdapDirectory::* member,
                                      Result<V> (*parse)(std::string_view)) {
  return custom<DirectoryConfig>(std::move(key), "", "", "",
                                 [member, parse](Reading& in, const Node& node, DirectoryConfig& into) {
                                   const auto value = read_text(in, node);
                                   if (!value) return;
                                   auto read = parse(*value);
                                   if (!read) return in.complain(node, read.error().text);
                                   into.directory.*member = std::move(*read);
                                 });
}

void read_domains(Reading& in, const Node& node, DirectoryConfig& into) {
  for (const std::string& text : read_texts(in, node)) {
    const bool below = text.starts_with('.');
    const auto domain = mail::Domain::parse(below ? text.substr(1) : text);
    if (!domain || domain->is_literal()) {
      in.complain(node, "'" + text + "' is no domain or .domain");
    } else {
      into.directory.domains.push_back((below ? "." : "") + domain->str());
    }
  }
}

Settings<DirectoryConfig> directory_settings(const std::filesystem::path& base) {
  return {
      required(of_directory("url", &LdapDirectory::server, discovery::parse_ldap_url)),
      required(of_directory("base", &LdapDirectory::base, discovery::parse_ldap_dn)),
      required(custom<DirectoryConfig>("domains", "", "", "", read_domains)),
      of_directory("filter", &LdapDirectory::filter, discovery::parse_ldap_filter),
      of_directory("bind", &LdapDirectory::bind_dn, discovery::parse_ldap_dn),
      custom<DirectoryConfig>(
          "password", "", "", "",
          [](Reading& in, const Node& node, DirectoryConfig& into) { into.password = read_secret_ref(in, node); }),
      custom<DirectoryConfig>("ca", "", "", "",
                              [base](Reading& in, const Node& node, DirectoryConfig& into) {
                                if (const auto file = read_text(in, node)) into.ca = base / *file;
                              }),
      custom<DirectoryConfig>("proves", "", "", "",
                              [](Reading& in, const Node& node, DirectoryConfig& into) {
                                into.directory.proves = read_flag(in, node).value_or(false);
                              }),
  };
}

}  // namespace

Setting<KeysConfig> directories_setting(const std::filesystem::path& base) {
  return custom<KeysConfig>(
      "directory", "list of { url, base, domains, filter, bind, password, ca, proves }", "",
      "Directories that are asked where key_sources says ldap or ldap-openpgp (docs/keys.md). url: ldaps://HOST, or "
      "ldap://HOST for StartTLS; domains: whose people it knows; filter: \"(mail={address})\" unless said; bind and "
      "password (a secret): whom to log in as, nobody unless said; ca: the file (PEM) of who vouches for it, the "
      "system's unless said; proves: whether its word alone proves a key",
      [settings = directory_settings(base)](Reading& in, const Node& node, KeysConfig& keys) {
        read_each(in, node, settings, keys.directories);
        for (std::size_t i = 0; i < keys.directories.size(); ++i) {
          const DirectoryConfig& one = keys.directories[i];
          if (one.directory.bind_dn.empty() == one.password.has_value())
            in.complain((*node.list())[i], "bind and password go together");
        }
      });
}

}  // namespace postern::gateway
