#include "portal/config.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/percent.hpp"
#include "portal/link.hpp"

namespace postern::portal {
namespace {

namespace fs = std::filesystem;

Setting<Config> secret(std::string key, SecretRef Config::* member, std::string doc) {
  return required(parsed(std::move(key), member, parse_secret_ref, "secret", "", std::move(doc)));
}

template <class T>
Setting<T> file(std::string key, fs::path T::* member, std::string fallback, std::string doc) {
  return custom<T>(std::move(key), "file", std::move(fallback), std::move(doc),
                   [member](Reading& in, const Node& node, T& into) {
                     if (auto value = read_text(in, node)) into.*member = fs::path(*value);
                   });
}

/// RFC 6454 §6.2, of what host_of takes.
std::string origin_of(std::string_view url) {
  constexpr std::string_view usual = ":443";
  if (url.ends_with(usual)) url.remove_suffix(usual.size());
  return lowered(url);
}

void read_url(Reading& in, const Node& node, Config& config) {
  const auto value = read_text(in, node);
  if (!value) return;
  auto host = host_of(*value);
  if (!host) return in.complain(node, host.error().text);
  config.url = *value;
  config.origin = origin_of(*value);
  config.host = std::move(*host);
}

void read_listen(Reading& in, const Node& node, Config& config) {
  for (const std::string& text : read_texts(in, node)) {
    auto at = net::parse_endpoint(text);
    if (!at) {
      in.complain(node, at.error().text);
    } else {
      config.listen.push_back(std::move(*at));
    }
  }
}

/// Plain HTTP.
void read_metrics(Reading& in, const Node& node, Config& config) {
  const auto value = read_text(in, node);
  if (!value) return;
  const auto at = net::parse_endpoint(*value);
  if (!at) return in.complain(node, at.error().text);
  const bool here = Network::parse("127.0.0.0/8")->contains(at->address) || at->address == "::1";
  if (!here) return in.complain(node, "metrics are for this machine: an address like 127.0.0.1:9126");
  config.metrics = *at;
}

Result<crypto::DatabaseRef> parse_store(std::string_view text) {
  return crypto::parse_database_ref(text, "the store");
}

void read_colour(Reading& in, const Node& node, BrandConfig& into) {
  const auto value = read_text(in, node);
  if (!value) return;
  const auto is_hex = [](char c) { return hex_digit(c) >= 0; };
  if (value->size() != 7 || value->front() != '#' || !std::ranges::all_of(value->substr(1), is_hex))
    return in.complain(node, "a colour is like \"#0b5c6b\"");
  into.brand.colour = *value;
}

Setting<BrandConfig> brand_text(std::string key, std::string Brand::* member, std::string doc) {
  return custom<BrandConfig>(std::move(key), "text", "", std::move(doc),
                             [member](Reading& in, const Node& node, BrandConfig& into) {
                               if (auto value = read_text(in, node)) into.brand.*member = std::move(*value);
                             });
}

Settings<BrandConfig> brand_settings() {
  return {
      required(brand_text("name", &Brand::name, "How the tenant is called on pages: \"Riverside Clinic\"")),
      custom<BrandConfig>("colour", "#rrggbb", Brand{}.colour,
                          "Of buttons and accents; a shade of it that can be read is used", read_colour),
      custom<BrandConfig>("logo", "file", "", "A PNG or SVG beside the name, at most 64 KiB",
                          [](Reading& in, const Node& node, BrandConfig& into) {
                            if (auto value = read_text(in, node)) into.logo = fs::path(*value);
                          }),
      brand_text("help", &Brand::help, "What the lost are told: whom to call"),
  };
}

void read_tenants(Reading& in, const Node& node, Config& config) {
  const NodeTable* table = node.table();
  if (table == nullptr) return in.expected(node, "tables by tenant");
  const Settings<BrandConfig> settings = brand_settings();
  for (const NodeEntry& entry : *table)
    read_table(in, entry.value, settings, config.tenants[entry.key]);
}

Settings<Config> config_settings() {
  Setting<Config> tenants = custom<Config>(
      "tenant", "tables by name", "", "How a tenant looks: its name is that of posternd's [tenant.NAME]", read_tenants);
  tenants.describe = [](const std::string& prefix, std::vector<SettingDoc>& rows) {
    describe(prefix + ".NAME.", brand_settings(), rows);
  };
  return {
      required(custom<Config>("version", "number", "", "1",
                              [](Reading& in, const Node& node, Config&) { (void)read_number(in, node, 1, 1); })),
      required(custom<Config>("url", "https://HOST", "",
                              "Where recipients find it; what posternd's portal.url says too", read_url)),
      file("state", &Config::state, "/var/lib/postern-portal", "The store's keys, and its file"),
      secret("kek", &Config::kek, "The portal's own key of keys: 32 bytes, not posternd's"),
      parsed("store", &Config::store, parse_store, "sqlite:FILE, postgresql:SECRET", "sqlite:portal.db",
             "Where deposits are kept"),
      octets("quota", &Config::quota, 1ULL << 20, 1ULL << 50, "100GiB",
             "Of all deposits together; beyond it none is taken"),
      custom<Config>("listen", "list of addresses", "[\"0.0.0.0:443\", \"[::]:443\"]", "HTTPS", read_listen),
      custom<Config>("proxy", "list of networks", "",
                     "Load balancers: they, and only they, must begin with a PROXY protocol v2 header, and limits are "
                     "of whom it names",
                     [](Reading& in, const Node& node, Config& config) { config.proxy = read_networks(in, node); }),
      number("per_client", &Config::per_client, 1, 100'000, "100", "Connections of one address at a time"),
      section<Config>("http", {custom<Config>("listen", "address:port", "",
                                              "Metrics for Prometheus under /metrics, on a loopback address, as in "
                                              "127.0.0.1:9126; absent: none",
                                              read_metrics)}),
      section<Config>("tls", {secret("certificate", &Config::certificate, "PEM, the whole chain"),
                              secret("key", &Config::key, "PEM")}),
      section<Config>("deposit",
                      {file("socket", &Config::socket, "/run/postern-portal/deposit", "Where posternd deposits"),
                       text("user", &Config::depositor, "postern", "Whose posternd may")}),
      tenants,
  };
}

}  // namespace

std::expected<Config, Diagnostics> parse_config(std::string_view text, const std::string& file) {
  const auto root = parse_toml(text, file);
  if (!root) return std::unexpected(root.error());
  Reading in{file, {}};
  Config config;
  config.state = "/var/lib/postern-portal";
  read_table(in, *root, config_settings(), config);
  if (root->find("tls") == nullptr) in.complain(*root, "'tls' is missing: certificate and key");
  if (config.listen.empty()) config.listen = {{"0.0.0.0", 443}, {"::", 443}};
  if (!in.diagnostics.empty()) return std::unexpected(std::move(in.diagnostics));
  return config;
}

std::string configuration_reference() {
  std::vector<SettingDoc> rows;
  describe("", config_settings(), rows);
  return format_reference(rows);
}

}  // namespace postern::portal
