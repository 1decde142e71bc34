// portal.toml: what an administrator says to postern-portal. Secrets are references.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/network.hpp"
#include "base/secret_ref.hpp"
#include "base/settings.hpp"
#include "crypto/database.hpp"
#include "net/endpoint.hpp"
#include "portal/brand.hpp"

namespace postern::portal {

struct BrandConfig {
  Brand brand;
  std::optional<std::filesystem::path> logo;
};

struct Config {
  std::string url;     // "https://secure.clinic.example"
  std::string origin;  // the same as browsers write it: in lower case, without the usual port
  std::string host;    // of it
  std::filesystem::path state;
  SecretRef kek;
  crypto::DatabaseRef store = std::filesystem::path("portal.db");
  std::uint64_t quota = 100ULL << 30;
  std::vector<net::Endpoint> listen;
  std::optional<net::Endpoint> metrics;
  std::vector<Network> proxy;  // load balancers that speak the PROXY protocol
  unsigned per_client = 100;
  SecretRef certificate, key;
  std::filesystem::path socket = "/run/postern-portal/deposit";
  std::string depositor = "postern";  // whose posternd may deposit
  std::map<std::string, BrandConfig> tenants;
};

[[nodiscard]] std::expected<Config, Diagnostics> parse_config(std::string_view text, const std::string& file);

/// docs/portal.md's table, from the same declarations.
[[nodiscard]] std::string configuration_reference();

}  // namespace postern::portal
