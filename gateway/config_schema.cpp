#include "gateway/config_schema.hpp"

#include <fstream>

namespace postern::gateway {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t mebibyte = 1ULL << 20, gibibyte = 1ULL << 30;

// Values of more than one shape

/// A reader for a member of ConfigFile::config.
template <class V>
std::function<void(Reading&, const Node&, ConfigFile&)> into(
    V Config::* member, std::function<std::optional<V>(Reading&, const Node&)> read) {
  return [member, read = std::move(read)](Reading& in, const Node& node, ConfigFile& file) {
    if (auto value = read(in, node)) file.config.*member = std::move(*value);
  };
}

Setting<ConfigFile> time_setting(std::string key, Duration Config::* member, Duration least, Duration most,
                                 std::string fallback, std::string doc) {
  return custom<ConfigFile>(std::move(key), "time", std::move(fallback), std::move(doc),
                            into<Duration>(member, [least, most](Reading& in, const Node& node) {
                              return read_duration(in, node, least, most);
                            }));
}
Setting<ConfigFile> schedule_setting(std::string key, Duration policy::Schedule::* member, Duration least,
                                     Duration most, std::string fallback, std::string doc) {
  return custom<ConfigFile>(std::move(key), "time", std::move(fallback), std::move(doc),
                            [member, least, most](Reading& in, const Node& node, ConfigFile& file) {
                              if (auto value = read_duration(in, node, least, most))
                                file.config.schedule.*member = *value;
                            });
}
Setting<ConfigFile> destination_number(std::string key, unsigned policy::DestinationSettings::* member,
                                       std::string fallback, std::string doc) {
  return custom<ConfigFile>(std::move(key), "number", std::move(fallback), std::move(doc),
                            [member](Reading& in, const Node& node, ConfigFile& file) {
                              if (const auto value = read_number(in, node, 1, 1000))
                                file.config.destination.*member = static_cast<unsigned>(*value);
                            });
}
Setting<ConfigFile> reuse_number(std::string key, unsigned ReuseSettings::* member, std::int64_t most,
                                 std::string fallback, std::string doc) {
  return custom<ConfigFile>(std::move(key), "number", std::move(fallback), std::move(doc),
                            [member, most](Reading& in, const Node& node, ConfigFile& file) {
                              if (const auto value = read_number(in, node, 1, most))
                                file.config.reuse.*member = static_cast<unsigned>(*value);
                            });
}
Setting<ConfigFile> size_setting(std::string key, std::uint64_t Config::* member, std::uint64_t least,
                                 std::uint64_t most, std::string fallback, std::string doc) {
  return custom<ConfigFile>(std::move(key), "size", std::move(fallback), std::move(doc),
                            into<std::uint64_t>(member, [least, most](Reading& in, const Node& node) {
                              return read_octets(in, node, least, most);
                            }));
}
template <class N>
Setting<ConfigFile> number_setting(std::string key, N Config::* member, std::int64_t least, std::int64_t most,
                                   std::string fallback, std::string doc) {
  return custom<ConfigFile>(std::move(key), "number", std::move(fallback), std::move(doc),
                            into<N>(member, [least, most](Reading& in, const Node& node) -> std::optional<N> {
                              const auto value = read_number(in, node, least, most);
                              if (!value) return std::nullopt;
                              return static_cast<N>(*value);
                            }));
}

std::optional<net::Endpoint> read_endpoint(Reading& in, const Node& node) {
  const auto value = read_text(in, node);
  if (!value) return std::nullopt;
  auto endpoint = net::parse_endpoint(*value);
  if (!endpoint) {
    in.complain(node, endpoint.error().text);
    return std::nullopt;
  }
  return *endpoint;
}

std::optional<SecretRef> read_secret_ref(Reading& in, const Node& node) {
  const auto value = read_text(in, node);
  if (!value) return std::nullopt;
  auto ref = parse_secret_ref(*value);
  if (!ref) {
    in.complain(node, ref.error().text);
    return std::nullopt;
  }
  return *ref;
}

/// A list of tables, or tables by name: each read by the same settings.
template <class T>
void read_each(Reading& in, const Node& node, const Settings<T>& settings, std::vector<T>& into) {
  const NodeList* list = node.list();
  if (list == nullptr) return in.expected(node, "a list of tables");
  for (const Node& element : *list) {
    T one;
    read_table(in, element, settings, one);
    into.push_back(std::move(one));
  }
}

// TLS floors and scoped settings

const Words<mail::TlsLevel> level_words = {{"none", mail::TlsLevel::none},
                                           {"opportunistic", mail::TlsLevel::opportunistic},
                                           {"encrypted", mail::TlsLevel::encrypted},
                                           {"verified", mail::TlsLevel::verified},
                                           {"secure", mail::TlsLevel::secure}};

Settings<mail::TlsRequirement> floor_settings(mail::TlsLevel least) {
  return {
      custom<mail::TlsRequirement>(
          "level", "none, opportunistic, encrypted, verified, secure", "",
          "How much a connection must prove. mta-sts and dane are not floors in this version: nothing could meet them",
          [least](Reading& in, const Node& node, mail::TlsRequirement& floor) {
            const auto level = read_word(in, node, level_words);
            if (!level) return;
            if (*level < least) {
              in.complain(node, "protected mail never leaves in the clear: the least level here is encrypted");
              return;
            }
            floor.level = *level;
          }),
      choice("version", &mail::TlsRequirement::version,
             Words<mail::TlsVersion>{{"1.2", mail::TlsVersion::tls1_2}, {"1.3", mail::TlsVersion::tls1_3}}, "1.2",
             "The oldest TLS version that counts"),
  };
}

Setting<ScopedSettings> floor_section(std::string key, std::optional<mail::TlsRequirement> ScopedSettings::* member,
                                      mail::TlsLevel least) {
  const Settings<mail::TlsRequirement> inner = floor_settings(least);
  Setting<ScopedSettings> setting = custom<ScopedSettings>(
      std::move(key), "table", "", "", [inner, member](Reading& in, const Node& node, ScopedSettings& scope) {
        mail::TlsRequirement floor;
        read_table(in, node, inner, floor);
        scope.*member = floor;
      });
  setting.describe = [inner](const std::string& prefix, std::vector<SettingDoc>& rows) {
    describe(prefix + ".", inner, rows);
  };
  return setting;
}

void read_methods(Reading& in, const Node& node, ScopedSettings& scope) {
  std::vector<mail::Method> methods;
  for (const std::string& name : read_texts(in, node)) {
    const auto method = mail::parse_method(name);
    if (!method) {
      in.complain(node, "'" + name + "' is " + method.error().text);
    } else {
      methods.push_back(*method);
    }
  }
  scope.methods = methods;
}

const Settings<ScopedSettings>& scoped_settings() {
  static const Settings<ScopedSettings> settings = {
      custom<ScopedSettings>(
          "methods", "list of tls, smime, openpgp, portal", "[\"tls\", \"smime\", \"openpgp\", \"portal\"]",
          "The rungs of the ladder for protected mail, in order. Only tls is climbed by this version; "
          "cleartext is no rung",
          read_methods),
      section<ScopedSettings>("protect",
                              {floor_section("tls", &ScopedSettings::protect_tls, mail::TlsLevel::encrypted)}),
      section<ScopedSettings>("deliver", {floor_section("tls", &ScopedSettings::deliver_tls, mail::TlsLevel::none)}),
      later<ScopedSettings>("smime"),
      later<ScopedSettings>("portal"),
      later<ScopedSettings>("openpgp"),
  };
  return settings;
}

using Partners = std::map<std::string, ScopedSettings>;

/// partner."Y".settings
void read_partners(Reading& in, const Node& node, Partners& partners) {
  const NodeTable* table = node.table();
  if (table == nullptr) return in.expected(node, "a table of partners");
  struct Partner {
    ScopedSettings settings;
  };
  const Settings<Partner> inner = {
      custom<Partner>("settings", "table", "", "",
                      [](Reading& r, const Node& n, Partner& p) { read_table(r, n, scoped_settings(), p.settings); })};
  for (const NodeEntry& entry : *table) {
    const bool address = entry.key.find('@') != std::string::npos;
    const std::string name = entry.key.starts_with('.') ? entry.key.substr(1) : entry.key;
    const bool valid = address ? mail::Address::parse(name).has_value() : mail::Domain::parse(name).has_value();
    if (!valid) in.complain(entry.line, entry.column, "'" + entry.key + "' is no address, domain or .domain");
    Partner partner;
    read_table(in, entry.value, inner, partner);
    partners[entry.key] = partner.settings;
  }
}

// Listeners

struct ListenerFile {
  ListenerConfig listener;
};

template <class V>
Setting<ListenerFile> secret_setting(std::string key, std::optional<V> ListenerConfig::* member, std::string doc) {
  return custom<ListenerFile>(std::move(key), "secret", "", std::move(doc),
                              [member](Reading& in, const Node& node, ListenerFile& file) {
                                file.listener.*member = read_secret_ref(in, node);
                              });
}

template <class V, class F>
Setting<ListenerFile> listener_setting(std::string key, std::string type, std::string fallback, std::string doc,
                                       V ListenerConfig::* member, F read) {
  return custom<ListenerFile>(std::move(key), std::move(type), std::move(fallback), std::move(doc),
                              [member, read](Reading& in, const Node& node, ListenerFile& file) {
                                if (auto value = read(in, node)) file.listener.*member = static_cast<V>(*value);
                              });
}

template <class V>
Setting<ListenerFile> limit_setting(std::string key, V smtp::ServerLimits::* member, std::int64_t least,
                                    std::int64_t most, std::string fallback, std::string doc) {
  return custom<ListenerFile>(std::move(key), "number", std::move(fallback), std::move(doc),
                              [member, least, most](Reading& in, const Node& node, ListenerFile& file) {
                                if (auto value = read_number(in, node, least, most))
                                  file.listener.limits.*member = static_cast<V>(*value);
                              });
}

void read_addresses(Reading& in, const Node& node, ListenerFile& file) {
  for (const std::string& text : read_texts(in, node)) {
    if (text.starts_with("systemd:")) {
      in.complain(node, "systemd: sockets are not supported by this version");
      continue;
    }
    auto endpoint = net::parse_endpoint(text);
    if (!endpoint) {
      in.complain(node, endpoint.error().text);
    } else {
      file.listener.address.push_back(std::move(*endpoint));
    }
  }
}

const Settings<ListenerFile>& listener_settings() {
  static const Settings<ListenerFile> settings = {
      required(listener_setting("name", "text", "", "Its name in logs and Received", &ListenerConfig::name, read_text)),
      required(custom<ListenerFile>("address", "list of address:port", "", "Where it listens", read_addresses)),
      listener_setting("starttls", "off, offered, required", "required",
                       "Whether TLS is offered, or demanded before MAIL", &ListenerConfig::starttls,
                       [](Reading& in, const Node& node) {
                         return read_word(in, node,
                                          Words<smtp::Starttls>{{"off", smtp::Starttls::off},
                                                                {"offered", smtp::Starttls::offered},
                                                                {"required", smtp::Starttls::required}});
                       }),
      section<ListenerFile>(
          "tls",
          {
              secret_setting("certificate", &ListenerConfig::certificate, "PEM chain, leaf first"),
              secret_setting("key", &ListenerConfig::key, "Its private key, PEM"),
              secret_setting("ca", &ListenerConfig::client_ca,
                             "Authorities for client certificates; the system's where absent"),
              listener_setting("client", "none, request", "none", "Whether clients are asked for a certificate",
                               &ListenerConfig::request_client_certificate,
                               [](Reading& in, const Node& node) {
                                 return read_word(in, node, Words<bool>{{"none", false}, {"request", true}});
                               }),
          }),
      listener_setting("bdat_bare_lf", "refuse, normalise", "normalise",
                       "A bare LF in BDAT: refused, or made CRLF (DATA always refuses)", &ListenerConfig::bdat_bare_lf,
                       [](Reading& in, const Node& node) {
                         return read_word(in, node,
                                          Words<smtp::BareLf>{{"refuse", smtp::BareLf::refuse},
                                                              {"normalise", smtp::BareLf::normalise}});
                       }),
      section<ListenerFile>(
          "limit",
          {
              custom<ListenerFile>("size", "size", "150MiB", "Largest message",
                                   [](Reading& in, const Node& node, ListenerFile& file) {
                                     if (auto value = read_octets(in, node, 64U << 10, gibibyte))
                                       file.listener.limits.size = *value;
                                   }),
              limit_setting("recipients", &smtp::ServerLimits::recipients, 100, 50'000, "1000",
                            "Recipients of one message"),
              limit_setting("errors", &smtp::ServerLimits::errors, 1, 1000, "10",
                            "Bad commands before the connection is closed"),
              listener_setting("per_client", "number", "50", "Connections from one address",
                               &ListenerConfig::per_client,
                               [](Reading& in, const Node& node) { return read_number(in, node, 1, 100'000); }),
          }),
  };
  return settings;
}

// Tenants

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

std::optional<mail::Relay> read_route(Reading& in, const Node& node, std::vector<std::string> vias) {
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
    return std::nullopt;
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
                           tenant.tenant.route.relay = read_route(in, node, {"mx", "smarthost"});
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

void read_sinks(Reading& in, const Node& node, ConfigFile& file) {
  struct SinkFile {
    std::string to, format = "json", addresses = "plain";
  };
  const Settings<SinkFile> settings = {
      required(text("to", &SinkFile::to, "", "")),
      choice("format", &SinkFile::format, Words<std::string>{{"json", "json"}}, "json", ""),
      choice("addresses", &SinkFile::addresses,
             Words<std::string>{{"plain", "plain"}, {"domain", "domain"}, {"hmac", "hmac"}}, "plain", ""),
  };
  std::vector<SinkFile> sinks;
  read_each(in, node, settings, sinks);
  for (const SinkFile& sink : sinks) {
    if (!sink.to.starts_with("file:")) {
      in.complain(node, "a sink is file:PATH in this version");
      continue;
    }
    file.config.sinks.push_back({(file.base / sink.to.substr(5)).string(), sink.addresses});
  }
}

void read_retry(Reading& in, const Node& node, ConfigFile& file) {
  const NodeList* list = node.list();
  if (list == nullptr || list->size() != 2)
    return in.complain(node, "retry is [first, longest], like [\"1m\", \"4h\"]");
  const auto first = read_duration(in, (*list)[0], 1s, 24h), longest = read_duration(in, (*list)[1], 1s, 24h);
  if (!first || !longest) return;
  if (*first > *longest) return in.complain(node, "the first retry is later than the longest");
  file.config.schedule.first_retry = *first;
  file.config.schedule.longest_retry = *longest;
}

}  // namespace

Settings<ConfigFile> config_settings(const fs::path& base) {
  const auto path_of = [base](Reading& in, const Node& node) -> std::optional<fs::path> {
    const auto value = read_text(in, node);
    if (!value) return std::nullopt;
    return base / *value;
  };
  return {
      required(
          custom<ConfigFile>("version", "1", "", "Of this file's shape",
                             [](Reading& in, const Node& node, ConfigFile&) { (void)read_number(in, node, 1, 1); })),
      required(custom<ConfigFile>("hostname", "host name", "", "What the gateway calls itself: EHLO, Received, notices",
                                  [](Reading& in, const Node& node, ConfigFile& file) {
                                    const auto value = read_text(in, node);
                                    if (!value) return;
                                    const auto name = mail::Domain::parse(*value);
                                    if (!name || name->is_literal()) return in.complain(node, "not a host name");
                                    file.config.hostname = name->str();
                                  })),
      required(
          custom<ConfigFile>("state", "folder", "", "Where the spool is", into<fs::path>(&Config::state, path_of))),
      text("policy", &ConfigFile::policy, "policy.d", "The folder of policy files"),
      required(section<ConfigFile>(
          "spool",
          {
              required(custom<ConfigFile>("kek", "secret", "",
                                          "The key-encryption key: 32 octets or 64 hexadecimal digits",
                                          into<SecretRef>(&Config::kek, read_secret_ref))),
              size_setting("min_free", &Config::min_free, mebibyte, 1024 * gibibyte, "1GiB",
                           "Free disk below which new mail gets 452"),
              size_setting("in_flight", &Config::in_flight, 16 * mebibyte, 64 * gibibyte, "256MiB",
                           "Memory for bodies that are arriving, all together; beyond it 452"),
          })),
      section<ConfigFile>(
          "inspect",
          {
              time_setting("budget", &Config::inspect_budget, 0ms, 5min, "10s",
                           "How long a sender waits for the verdict; then the mail is kept and judged later"),
              number_setting("depth", &Config::inspect_depth, 1, 100, "16", "Nested parts"),
              number_setting("parts", &Config::inspect_parts, 1, 10'000, "10000", "Parts of one message"),
              size_setting("expanded", &Config::inspect_expanded, mebibyte, 16 * gibibyte, "512MiB",
                           "Decoded size of one message"),
              later<ConfigFile>("socket"),
          }),
      section<ConfigFile>("resolver",
                          {
                              custom<ConfigFile>("address", "address:port", "127.0.0.1:53", "The DNS resolver",
                                                 into<net::Endpoint>(&Config::resolver, read_endpoint)),
                              custom<ConfigFile>("trust_ad", "true or false", "false",
                                                 "Whether its word that an answer is DNSSEC-validated is believed",
                                                 into<bool>(&Config::resolver_trust_ad, read_flag)),
                          }),
      section<ConfigFile>(
          "delivery",
          {
              number_setting("port", &Config::delivery_port, 1, 65535, "25", "Port of the recipients' servers"),
              number_setting("concurrency", &Config::delivery_concurrency, 1, 1000, "20",
                             "Deliveries at the same time"),
              section<ConfigFile>(
                  "destination",
                  {
                      destination_number("concurrency", &policy::DestinationSettings::most, "20",
                                         "Deliveries to one domain or relay at the same time, at most; fewer while it "
                                         "answers 421 or does not answer"),
                      destination_number("start", &policy::DestinationSettings::start, "5",
                                         "Deliveries at the same time to a destination that nothing is known of"),
                      custom<ConfigFile>("suspend", "time", "1m",
                                         "How long a destination that cannot be reached is left alone; doubles, to 16 "
                                         "times as long",
                                         [](Reading& in, const Node& node, ConfigFile& file) {
                                           if (auto value = read_duration(in, node, 1s, 24h))
                                             file.config.destination.suspend = *value;
                                         }),
                  }),
              section<ConfigFile>(
                  "reuse",
                  {
                      custom<ConfigFile>("idle", "time", "2s",
                                         "How long a connection waits for the next message to the same host with an "
                                         "equal TLS requirement; 0s: not at all",
                                         [](Reading& in, const Node& node, ConfigFile& file) {
                                           if (auto value = read_duration(in, node, 0s, 5min))
                                             file.config.reuse.idle = *value;
                                         }),
                      reuse_number("connections", &ReuseSettings::connections, 10'000, "100",
                                   "Connections that wait so at the same time"),
                      reuse_number("messages", &ReuseSettings::messages, 1'000'000, "100",
                                   "Messages over one connection"),
                  }),
              custom<ConfigFile>("retry", "[first, longest]", "[\"1m\", \"4h\"]",
                                 "Waits between tries: doubling from the first to the longest", read_retry),
              schedule_setting("expire", &policy::Schedule::expire, 1s, 24h * 30, "2d",
                               "When mail that cannot be delivered is given up"),
              time_setting("hold_expire", &Config::hold_expire, 1s, 24h * 90, "5d",
                           "When held mail that nobody released is given up"),
              schedule_setting("proof_gap", &policy::Schedule::proof_gap, 1s, 24h, "15m",
                               "Time between two proofs that a domain cannot do TLS"),
              schedule_setting("protect_patience", &policy::Schedule::protect_patience, 1s, 24h * 30, "4h",
                               "How long only transient TLS failures are waited out"),
              custom<ConfigFile>("ca", "file", "", "Certificate authorities trusted besides the system's",
                                 [path_of](Reading& in, const Node& node, ConfigFile& file) {
                                   file.config.delivery_ca = path_of(in, node);
                                 }),
              later<ConfigFile>("delay_notice"),
          }),
      section<ConfigFile>(
          "audit",
          {
              time_setting("facts_keep", &Config::facts_keep, 24h, 24h * 3650, "30d",
                           "How long inspection results are kept, sealed"),
              custom<ConfigFile>(
                  "sink", "list of { to, format, addresses }", "",
                  "Where events go: to = \"file:PATH\", format = \"json\", addresses = plain, domain or hmac",
                  read_sinks),
              later<ConfigFile>("keep"),
          }),
      section<ConfigFile>("control",
                          {
                              custom<ConfigFile>("socket", "file", "/run/postern/control", "The admin command's door",
                                                 into<fs::path>(&Config::control_socket, path_of)),
                              later<ConfigFile>("admin"),
                              later<ConfigFile>("reviewer"),
                          }),
      later<ConfigFile>("http"),
      later<ConfigFile>("portal"),
      [] {
        auto setting = required(custom<ConfigFile>("listener", "list of tables", "", "",
                                                   [](Reading& in, const Node& node, ConfigFile& file) {
                                                     std::vector<ListenerFile> listeners;
                                                     read_each(in, node, listener_settings(), listeners);
                                                     for (ListenerFile& one : listeners)
                                                       file.config.listeners.push_back(std::move(one.listener));
                                                   }));
        setting.describe = [](const std::string& prefix, std::vector<SettingDoc>& rows) {
          describe(prefix + ".", listener_settings(), rows);
        };
        return setting;
      }(),
      [] {
        auto setting =
            custom<ConfigFile>("settings", "table", "", "", [](Reading& in, const Node& node, ConfigFile& file) {
              read_table(in, node, scoped_settings(), file.config.global);
            });
        setting.describe = [](const std::string& prefix, std::vector<SettingDoc>& rows) {
          describe(prefix + ".", scoped_settings(), rows);
        };
        return setting;
      }(),
      [] {
        auto setting = required(custom<ConfigFile>("tenant", "tables by name", "", "", read_tenants));
        setting.describe = [](const std::string& prefix, std::vector<SettingDoc>& rows) {
          describe(prefix + ".NAME.", tenant_settings(), rows);
        };
        return setting;
      }(),
      custom<ConfigFile>("partner", "tables by address, domain or .domain", "",
                         "Settings for who receives: [partner.\"lab.example\"] settings = as [settings]",
                         [](Reading& in, const Node& node, ConfigFile& file) {
                           read_partners(in, node, file.config.partner_settings);
                         }),
  };
}

}  // namespace postern::gateway
