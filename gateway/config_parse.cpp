// From text to Config: the schema's reading, then what takes more than one key to see.
#include <algorithm>
#include <set>

#include "gateway/config_schema.hpp"

namespace postern::gateway {
namespace {

namespace fs = std::filesystem;

const Node& at_list(const Node& root, const char* key, std::size_t index) {
  const Node* node = root.find(key);
  return node != nullptr && node->list() != nullptr && index < node->list()->size() ? (*node->list())[index] : root;
}

void check_listeners(Reading& in, const Node& root, const Config& config) {
  std::set<std::string> names;
  std::set<net::Endpoint> addresses;
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    const ListenerConfig& listener = config.listeners[i];
    const Node& node = at_list(root, "listener", i);
    if (!names.insert(listener.name).second) in.complain(node, "a second listener named '" + listener.name + "'");
    for (const net::Endpoint& at : listener.address) {
      if (!addresses.insert(at).second) in.complain(node, "a second listener at " + net::format_endpoint(at));
    }
    if (listener.starttls != smtp::Starttls::off && (!listener.certificate || !listener.key)) {
      in.complain(node, "listener '" + listener.name + "' offers TLS: tls.certificate and tls.key are needed");
    }
  }
}

/// Two owners of one domain would make every proof ambiguous.
void check_tenants(Reading& in, const Node& root, const Config& config) {
  const Node* tenants = root.find("tenant");
  for (std::size_t i = 0; i < config.tenants.size(); ++i) {
    for (std::size_t j = i + 1; j < config.tenants.size(); ++j) {
      for (const std::string& pattern : config.tenants[j].tenant.domains) {
        const auto domain = mail::Domain::parse(pattern.starts_with('.') ? pattern.substr(1) : pattern);
        if (domain && policy::owns(config.tenants[i].tenant, *domain)) {
          const Node* node = tenants->find(config.tenants[j].tenant.name);
          in.complain(node != nullptr ? *node : root,
                      "'" + pattern + "' belongs to tenant '" + config.tenants[i].tenant.name + "' already");
        }
      }
    }
  }
}

/// Who signs the notices; and where they lead to.
void check_portal(Reading& in, const Node& root, const Config& config) {
  const Node* portal = root.find("portal");
  if (portal != nullptr && config.portal.socket.has_value() == config.portal.url.empty())
    in.complain(*portal, "a portal has both: socket, where mail is deposited, and url, where it is picked up");
  for (const TenantConfig& tenant : config.tenants) {
    if (!tenant.portal) continue;
    const Node* named = root.find("tenant")->find(tenant.tenant.name);
    const Node& node = named != nullptr && named->find("portal") != nullptr ? *named->find("portal") : root;
    if (!config.portal.socket) in.complain(node, "there is no portal: [portal] with socket and url is missing");
    if (!tenant.portal->from.domain().empty() && !policy::owns(tenant.tenant, tenant.portal->from.domain()))
      in.complain(node, "'" + tenant.portal->from.domain().str() +
                            "' is no domain of this tenant, so nobody could send "
                            "notices in its name");
  }
}

/// Who signs the reports, and by whose route they leave.
void check_reports(Reading& in, const Node& root, const Config& config) {
  const auto& from = config.tls_reports.from;
  const auto owns = [&](const TenantConfig& one) { return policy::owns(one.tenant, from->domain()); };
  if (!from || std::ranges::any_of(config.tenants, owns)) return;
  in.complain(*root.find("reports")->find("tls")->find("from"),
              "'" + from->domain().str() + "' belongs to no tenant, so nobody could send reports in its name");
}

}  // namespace

std::expected<Config, Diagnostics> parse_config(const std::string& text, const std::string& file) {
  const auto root = parse_toml(text, file);
  if (!root) return std::unexpected(root.error());
  Reading in{file, {}};
  ConfigFile read;
  read.base = fs::absolute(file).parent_path();
  read.config.control_socket = "/run/postern/control";
  read_table(in, *root, config_settings(read.base), read);
  read.config.policy_dir = read.base / read.policy;
  check_listeners(in, *root, read.config);
  check_tenants(in, *root, read.config);
  check_reports(in, *root, read.config);
  check_portal(in, *root, read.config);
  if (!in.diagnostics.empty()) return std::unexpected(in.diagnostics);
  return std::move(read.config);
}

std::string configuration_reference() {
  std::vector<SettingDoc> rows;
  describe("", config_settings("/etc/postern"), rows);
  return format_reference(rows);
}

}  // namespace postern::gateway
