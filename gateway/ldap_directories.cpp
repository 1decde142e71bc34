#include "gateway/ldap_directories.hpp"

#include <span>

#include "base/ascii.hpp"
#include "base/text_file.hpp"

namespace postern::gateway {
namespace {

/// One line, its end left out. RFC 4513 §5.1.2: an empty password would be nobody's bind, and succeed.
Result<std::shared_ptr<const Secret>> load_password(const SecretRef& ref, const std::filesystem::path& base) {
  const auto raw = load_secret(ref, base);
  if (!raw) return fail(raw.error());
  const std::string_view word = trimmed(raw->text(), "\r\n");
  if (word.empty()) return fail(Errc::invalid, format_secret_ref(ref) + ": the password is empty");
  return std::make_shared<const Secret>(std::span(reinterpret_cast<const std::uint8_t*>(word.data()), word.size()));
}

Result<std::shared_ptr<const net::TlsClient>> load_tls(const std::optional<std::filesystem::path>& ca) {
  net::TlsClientOptions options;
  if (ca) {
    auto pem = read_text_file(*ca);
    if (!pem) return fail(pem.error());
    options.ca_pem = std::move(*pem);
    options.system_roots = false;
  }
  return net::TlsClient::make(options);
}

}  // namespace

Result<std::vector<discovery::LdapDirectory>> load_directories(const Config& config,
                                                               const std::filesystem::path& base) {
  std::vector<discovery::LdapDirectory> directories;
  for (const DirectoryConfig& one : config.keys.directories) {
    discovery::LdapDirectory& loaded = directories.emplace_back(one.directory);
    const auto named = [&loaded](const Error& error) {
      return fail(error.code, "keys.directory " + loaded.server.url + ": " + error.text);
    };
    auto tls = load_tls(one.ca);
    if (!tls) return named(tls.error());
    loaded.tls = std::move(*tls);
    if (!one.password) continue;
    auto password = load_password(*one.password, base);
    if (!password) return named(password.error());
    loaded.password = std::move(*password);
  }
  return directories;
}

}  // namespace postern::gateway
