// [tenant.NAME]: who sends, by which proofs, and where the mail goes.
#include <fstream>

#include "gateway/config_schema.hpp"
#include "gateway/config_scopes.hpp"

namespace postern::gateway {
namespace {

namespace fs = std::filesystem;

struct TenantFile {
  TenantConfig tenant;
  std::optional<ScopedSettings> settings;
  Partners partners;
  fs::path base;
};

struct RouteFile {
  std::string via = "mx", host, onward = "none";
  std::uint16_t port = 25;
};

mail::Hop read_route(Reading& in, const Node& node, std::vector<std::string> vias) {
  Words<std::string> via_words;
  for (const std::string& via : vias)
    via_words.emplace_back(via, via);
  const Settings<RouteFile> settings = {
      choice("via", &RouteFile::via, via_words, "mx", ""),
      text("host", &RouteFile::host, "", ""),
      number("port", &RouteFile::port, 1, 65535, "25", ""),
      choice("onward", &RouteFile::onward, Words<std::string>{{"none", "none"}, {"enforced-tls", "enforced-tls"}},
             "none", ""),
  };
  RouteFile route;
  read_table(in, node, settings, route);
  if (route.via == "mx") {
    if (!route.host.empty()) in.complain(node, "a host belongs to via = \"smarthost\"");
    return mail::FinalMx{};
  }
  if (route.host.empty()) in.complain(node, "via = \"smarthost\" needs a host");
  return mail::Relay{route.host, route.port, route.onward == "enforced-tls"};
}

/// "@NAME" stands for the file NAME beside the configuration; "@microsoft365" for the ranges that are shipped.
void add_network_file(Reading& in, const Node& node, const std::string& name, TenantFile& tenant) {
  const fs::path path = tenant.base / (name == "microsoft365" ? "m365-smtp-ranges.txt" : name);
  std::ifstream file(path);
  if (!file) return in.complain(node, "cannot read the networks of @" + name + " from " + path.string());
  std::size_t found = 0;
  for (std::string line; std::getline(file, line);) {
    const std::string_view range = std::string_view(line).substr(0, line.find_first_of("\t #"));
    if (range.empty()) continue;
    const auto network = policy::Network::parse(range);
    if (!network) {
      in.complain(node, path.string() + ": " + network.error().text);
      continue;
    }
    tenant.tenant.tenant.bind.networks.push_back(*network);
    ++found;
  }
  if (found == 0)
    in.complain(node, path.string() + " holds no network: it would let nobody, or with other mistakes everybody, in");
}

void read_networks(Reading& in, const Node& node, TenantFile& tenant) {
  for (const std::string& entry : read_texts(in, node)) {
    if (entry.starts_with('@')) {
      add_network_file(in, node, entry.substr(1), tenant);
      continue;
    }
    const auto network = policy::Network::parse(entry);
    if (!network) {
      in.complain(node, network.error().text);
    } else {
      tenant.tenant.tenant.bind.networks.push_back(*network);
    }
  }
}

void read_domains(Reading& in, const Node& node, TenantFile& tenant) {
  for (const std::string& pattern : read_texts(in, node)) {
    const auto domain = mail::Domain::parse(pattern.starts_with('.') ? pattern.substr(1) : pattern);
    if (!domain) {
      in.complain(node, "'" + pattern + "': " + domain.error().text);
    } else {
      tenant.tenant.tenant.domains.push_back((pattern.starts_with('.') ? "." : "") + domain->str());
    }
  }
}

const Settings<TenantFile>& tenant_settings() {
  static const Settings<TenantFile> settings = {
      required(custom<TenantFile>("domains", "list of domains", "",
                                  "MAIL FROM and From must be in these; \".x.example\" is x.example and all below",
                                  read_domains)),
      required(section<TenantFile>(
          "bind",
          {
              custom<TenantFile>("mode", "enforce", "enforce", "Conditions are enforced; monitor comes later",
                                 [](Reading& in, const Node& node, TenantFile&) {
                                   (void)read_word(in, node, Words<int>{{"enforce", 0}});
                                 }),
              custom<TenantFile>("networks", "list of networks", "",
                                 "The client's address is in one of these; @microsoft365 is Exchange Online, @FILE a "
                                 "file beside this one",
                                 read_networks),
              custom<TenantFile>("certificate", "list of names", "",
                                 "The client's certificate is trusted and for one of these; *.x.example is allowed",
                                 [](Reading& in, const Node& node, TenantFile& tenant) {
                                   tenant.tenant.tenant.bind.certificates = read_texts(in, node);
                                 }),
              later<TenantFile>("originator_org"),
              later<TenantFile>("header"),
          })),
      custom<TenantFile>("route", "via = mx, or smarthost with host, port, onward", "{ via = \"mx\" }",
                         "Where its mail goes. A smarthost carries protected mail only with onward = \"enforced-tls\", "
                         "your word that it enforces TLS to the end",
                         [](Reading& in, const Node& node, TenantFile& tenant) {
                           tenant.tenant.route = read_route(in, node, {"mx", "smarthost"});
                         }),
      custom<TenantFile>("return_route", "as route", "as route", "How notices go home to the tenant's own senders",
                         [](Reading& in, const Node& node, TenantFile& tenant) {
                           tenant.tenant.return_route = read_route(in, node, {"mx", "smarthost"});
                         }),
      custom<TenantFile>("settings", "as [settings]", "", "For this tenant's mail; floors only tighten",
                         [](Reading& in, const Node& node, TenantFile& tenant) {
                           ScopedSettings scope;
                           read_table(in, node, scoped_settings(), scope);
                           tenant.settings = scope;
                         }),
      custom<TenantFile>(
          "partner", "as [partner]", "", "Recipients, for this tenant only",
          [](Reading& in, const Node& node, TenantFile& tenant) { read_partners(in, node, tenant.partners); }),
      later<TenantFile>("dkim"),
  };
  return settings;
}

void read_tenants(Reading& in, const Node& node, ConfigFile& file) {
  const NodeTable* table = node.table();
  if (table == nullptr) return in.expected(node, "tables: [tenant.NAME]");
  for (const NodeEntry& entry : *table) {
    TenantFile tenant;
    tenant.base = file.base;
    tenant.tenant.tenant.name = entry.key;
    read_table(in, entry.value, tenant_settings(), tenant);
    const Node* bind = entry.value.find("bind");
    if (bind != nullptr && bind->find("networks") == nullptr && bind->find("certificate") == nullptr) {
      in.complain(entry.line, entry.column,
                  "tenant '" + entry.key + "' has no condition in bind: anybody could send in its name");
    }
    file.config.tenants.push_back(tenant.tenant);
    if (tenant.settings) file.config.tenant_settings[entry.key] = *tenant.settings;
    file.config.tenant_partner_settings[entry.key] = tenant.partners;
  }
}

}  // namespace

Setting<ConfigFile> tenants_setting() {
  auto setting = required(custom<ConfigFile>("tenant", "tables by name", "", "", read_tenants));
  setting.describe = [](const std::string& prefix, std::vector<SettingDoc>& rows) {
    describe(prefix + ".NAME.", tenant_settings(), rows);
  };
  return setting;
}

}  // namespace postern::gateway
