#include "gateway/load_config.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "crypto/kek.hpp"

namespace postern::gateway {
std::expected<Config, Diagnostics> load_config(const std::filesystem::path& file) {
  const Result<std::string> text = read_text_file(file);
  if (!text) return std::unexpected(Diagnostics{{file.string(), 0, 0, text.error().text}});
  return parse_config(*text, file.string());
}

std::filesystem::path folder_of(const std::filesystem::path& config) {
  return std::filesystem::absolute(config).parent_path();
}

Result<Secret> load_kek(const Config& config, const std::filesystem::path& base) {
  return crypto::load_kek(config.kek, base, "spool.kek");
}

namespace {

/// Each once, by the text that tenants' bindings know it by.
Result<std::vector<net::NamedAuthority>> load_authorities(const std::vector<TenantConfig>& tenants,
                                                          const std::filesystem::path& base) {
  std::vector<net::NamedAuthority> authorities;
  for (const TenantConfig& tenant : tenants) {
    const auto known = [&](const net::NamedAuthority& one) { return one.name == tenant.tenant.bind.ca; };
    if (!tenant.ca || std::ranges::any_of(authorities, known)) continue;
    const auto pem = load_secret(*tenant.ca, base);
    if (!pem) return fail(pem.error().code, "tenant " + tenant.tenant.name + ": " + pem.error().text);
    authorities.push_back({tenant.tenant.bind.ca, std::string(pem->text())});
  }
  return authorities;
}

Result<std::shared_ptr<const net::TlsServer>> load_tls_server(const Config& config, const ListenerConfig& listener,
                                                              const std::filesystem::path& base) {
  net::TlsServerOptions options;
  options.request_client_certificate = listener.request_client_certificate;
  const auto certificate = load_secret(*listener.certificate, base);
  if (!certificate) return fail(certificate.error());
  options.certificate_pem = certificate->text();
  auto key = load_secret(*listener.key, base);
  if (!key) return fail(key.error());
  options.key_pem = std::move(*key);
  if (listener.client_ca) {
    const auto ca = load_secret(*listener.client_ca, base);
    if (!ca) return fail(ca.error());
    options.client_ca_pem = ca->text();
  }
  auto authorities = load_authorities(config.tenants, base);
  if (!authorities) return fail(authorities.error());
  options.named_authorities = std::move(*authorities);
  auto server = net::TlsServer::make(options);
  if (!server) return fail(server.error().code, "listener " + listener.name + ": " + server.error().text);
  return server;
}

}  // namespace

Result<std::shared_ptr<const smtp::ServerOptions>> load_server_options(const Config& config,
                                                                       const ListenerConfig& listener,
                                                                       const std::filesystem::path& base) {
  auto options = std::make_shared<smtp::ServerOptions>();
  options->hostname = config.hostname;
  options->listener = listener.name;
  options->starttls = listener.starttls;
  options->bdat_bare_lf = listener.bdat_bare_lf;
  options->announce_limits = listener.announce_limits;
  options->limits = listener.limits;
  if (listener.starttls != smtp::Starttls::off) {
    auto tls = load_tls_server(config, listener, base);
    if (!tls) return fail(tls.error());
    options->tls = std::move(*tls);
  }
  return options;
}

namespace {

constexpr std::size_t least_secret = 16, most_secret = 200;

}  // namespace

Result<Secret> load_header_value(const SecretRef& ref, const std::filesystem::path& base) {
  const Result<Secret> raw = load_secret(ref, base);
  if (!raw) return raw;
  const std::string_view text = trimmed(raw->text(), "\r\n");
  const bool fits = text.size() >= least_secret && text.size() <= most_secret &&
                    std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (!fits)
    return fail(Errc::invalid, format_secret_ref(ref) +
                                   " is no value for a header: 16 to 200 printable characters without blanks are "
                                   "expected; `openssl rand -hex 24` makes one");
  return Secret(raw->bytes().first(text.size()));
}

Config with_bindings_of(Config running, const Config& written) {
  for (TenantConfig& tenant : running.tenants) {
    const TenantConfig* now = written.tenant(tenant.tenant.name);
    tenant.tenant.bind = now != nullptr ? now->tenant.bind : policy::Binding{};
    tenant.tenant.classes = now != nullptr ? now->tenant.classes : policy::Classes{};
    tenant.ca = now != nullptr ? now->ca : std::nullopt;
    tenant.secret_values = now != nullptr ? now->secret_values : std::vector<SecretRef>{};
    tenant.dkim = now != nullptr ? now->dkim : std::vector<DkimConfig>{};
  }
  return running;
}

Result<std::shared_ptr<const Tenants>> load_tenants(const Config& config, const std::filesystem::path& base) {
  auto tenants = std::make_shared<Tenants>();
  for (const TenantConfig& one : config.tenants) {
    policy::Tenant tenant = one.tenant;
    for (const SecretRef& ref : one.secret_values) {
      auto value = load_header_value(ref, base);
      if (!value) return fail(value.error().code, "tenant " + tenant.name + ": " + value.error().text);
      tenant.bind.secret->values.push_back(std::move(*value));
    }
    tenants->push_back(std::move(tenant));
  }
  return tenants;
}

Result<void> add_delivery_ca(const Config& config, net::TlsClientOptions& options) {
  if (!config.delivery_ca) return {};
  auto pem = read_text_file(*config.delivery_ca);
  if (!pem) return fail(pem.error());
  options.ca_pem = std::move(*pem);
  return {};
}

Result<std::shared_ptr<const net::TlsClient>> load_tls_client(const Config& config) {
  net::TlsClientOptions options;
  if (auto ready = add_delivery_ca(config, options); !ready) return fail(ready.error());
  return net::TlsClient::make(options);
}

}  // namespace postern::gateway
