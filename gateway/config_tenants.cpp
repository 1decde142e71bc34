// [tenant.NAME]: who sends, by which proofs, and where the mail goes.
#include "gateway/config_bind.hpp"
#include "gateway/config_dkim.hpp"
#include "gateway/config_schema.hpp"
#include "gateway/config_scopes.hpp"
#include "gateway/config_values.hpp"

namespace postern::gateway {
namespace {

struct TenantFile {
  TenantConfig tenant;
  BindFile bind;
  std::optional<ScopedSettings> settings;
  Partners partners;
};

struct RouteFile {
  std::string via = "mx", host, onward = "none";
  std::uint16_t port = 25;
  ReturnConfig back;
};

const Settings<ReturnConfig>& marker_settings() {
  static const Settings<ReturnConfig> settings = {
      required(text("name", &ReturnConfig::marker_name, "", "")),
      required(custom<ReturnConfig>(
          "value", "secret", "", "",
          [](Reading& in, const Node& node, ReturnConfig& back) { back.marker = read_secret_ref(in, node); })),
  };
  return settings;
}

const Settings<RouteFile>& route_settings() {
  static const Settings<RouteFile> settings = {
      choice("via", &RouteFile::via, Words<std::string>{{"mx", "mx"}, {"smarthost", "smarthost"}, {"return", "return"}},
             "mx", ""),
      text("host", &RouteFile::host, "", ""),
      number("port", &RouteFile::port, 1, 65535, "25", ""),
      choice("onward", &RouteFile::onward, Words<std::string>{{"none", "none"}, {"enforced-tls", "enforced-tls"}},
             "none", ""),
      custom<RouteFile>(
          "certificate", "secret", "", "",
          [](Reading& in, const Node& node, RouteFile& route) { route.back.certificate = read_secret_ref(in, node); }),
      custom<RouteFile>(
          "key", "secret", "", "",
          [](Reading& in, const Node& node, RouteFile& route) { route.back.key = read_secret_ref(in, node); }),
      custom<RouteFile>("marker", "{ name, value }", "", "",
                        [](Reading& in, const Node& node, RouteFile& route) {
                          read_table(in, node, marker_settings(), route.back);
                          if (!is_extension_field(route.back.marker_name))
                            in.complain(node, "a marker's name is one of your own that begins with X-");
                        }),
  };
  return settings;
}

void check_route(Reading& in, const Node& node, const RouteFile& route) {
  const bool returns = route.via == "return";
  if (route.via == "mx" && !route.host.empty())
    in.complain(node, "a host belongs to via = \"smarthost\" or \"return\"");
  if (route.via != "mx" && route.host.empty()) in.complain(node, "via = \"" + route.via + "\" needs a host");
  if (!returns && (route.back.certificate || route.back.key || route.back.marker))
    in.complain(node, "certificate, key and marker belong to via = \"return\"");
  if (returns && (!route.back.certificate || !route.back.key))
    in.complain(node, "via = \"return\" needs certificate and key: the connector knows us by them");
}

mail::Hop read_route(Reading& in, const Node& node, TenantFile& tenant) {
  RouteFile route;
  read_table(in, node, route_settings(), route);
  check_route(in, node, route);
  if (route.via == "mx") return mail::FinalMx{};
  const mail::Relay relay{route.host, route.port, route.onward == "enforced-tls"};
  if (route.via == "return") {
    route.back.hop = relay;
    tenant.tenant.returns.push_back(route.back);
    if (!route.back.marker_name.empty()) tenant.tenant.tenant.markers.push_back(route.back.marker_name);
  }
  return relay;
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
      required(
          section<TenantFile>("bind", bind_settings(), [](TenantFile& tenant) -> BindFile& { return tenant.bind; })),
      section<TenantFile>("classes", classes_settings(),
                          [](TenantFile& tenant) -> policy::Classes& { return tenant.tenant.tenant.classes; }),
      custom<TenantFile>(
          "route", "via = mx; smarthost with host, port, onward; return with these and certificate, key, marker",
          "{ via = \"mx\" }",
          "Where its mail goes. A smarthost, or Microsoft 365 by return, carries protected mail only with "
          "onward = \"enforced-tls\", your word that it enforces TLS to the end",
          [](Reading& in, const Node& node, TenantFile& tenant) {
            tenant.tenant.route = read_route(in, node, tenant);
          }),
      custom<TenantFile>("return_route", "as route", "as route",
                         "How what is for the tenant's own people goes home: notices, and replies from the "
                         "portal; protected mail for them takes no other way",
                         [](Reading& in, const Node& node, TenantFile& tenant) {
                           tenant.tenant.return_route = read_route(in, node, tenant);
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
      custom<TenantFile>(
          "portal", "{ from, name, colour, logo, domain }", "",
          "Its recipients may pick mail up in the portal (docs/portal.md), and are told so by `from`, in the "
          "name of `name`",
          [](Reading& in, const Node& node, TenantFile& tenant) {
            PortalSender sender;
            read_table(in, node, portal_sender_settings(tenant.bind.base), sender);
            tenant.tenant.portal = std::move(sender);
          }),
      custom<TenantFile>(
          "dkim", "list of { domain, selector, key }", "",
          "Keys that sign its mail (docs/dkim.md): domain is one of its own, key a PEM file of RSA (2048 to "
          "4096 bits) or Ed25519; `postern check` prints the records to publish",
          [](Reading&, const Node&, TenantFile&) {}),  // with the domains: read_tenants
  };
  return settings;
}

void read_tenants(Reading& in, const Node& node, ConfigFile& file) {
  const NodeTable* table = node.table();
  if (table == nullptr) return in.expected(node, "tables: [tenant.NAME]");
  for (const NodeEntry& entry : *table) {
    TenantFile tenant;
    tenant.bind.base = file.base;
    tenant.tenant.tenant.name = entry.key;
    read_table(in, entry.value, tenant_settings(), tenant);
    if (const Node* bind = entry.value.find("bind"); bind != nullptr && bind->table() != nullptr)
      check_binding(in, *bind, tenant.bind, tenant.tenant.tenant.classes);
    if (const Node* dkim = entry.value.find("dkim")) tenant.tenant.dkim = read_dkim(in, *dkim, tenant.tenant.tenant);
    tenant.tenant.tenant.bind = std::move(tenant.bind.bind);
    tenant.tenant.secret_values = std::move(tenant.bind.secret_values);
    tenant.tenant.ca = std::move(tenant.bind.ca);
    tenant.tenant.notes = std::move(tenant.bind.notes);
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
