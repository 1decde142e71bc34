#include "gateway/config_scopes.hpp"

#include <algorithm>

#include "gateway/config_values.hpp"
#include "net/tls.hpp"

namespace postern::gateway {
namespace {

using namespace std::chrono_literals;

const Words<mail::TlsLevel> level_words = {{"none", mail::TlsLevel::none},
                                           {"opportunistic", mail::TlsLevel::opportunistic},
                                           {"encrypted", mail::TlsLevel::encrypted},
                                           {"verified", mail::TlsLevel::verified},
                                           {"secure", mail::TlsLevel::secure},
                                           {"mta-sts", mail::TlsLevel::mta_sts},
                                           {"dane", mail::TlsLevel::dane}};

void read_names(Reading& in, const Node& node, mail::TlsRequirement& floor) {
  for (const std::string& text : read_texts(in, node)) {
    const auto name = mail::Domain::parse(text);
    if (!name || name->is_literal()) {
      in.complain(node, "'" + text + "' is not a host name; a certificate's wildcard matches by itself");
    } else {
      floor.names.insert(name->str());
    }
  }
}

void read_pins(Reading& in, const Node& node, mail::TlsRequirement& floor) {
  for (const std::string& text : read_texts(in, node)) {
    const auto pin = mail::parse_pin(text);
    if (!pin) {
      in.complain(node, "'" + text + "': " + pin.error().text);
    } else {
      floor.pins.insert(*pin);
    }
  }
}

void read_groups(Reading& in, const Node& node, mail::TlsRequirement& floor) {
  for (const std::string& text : read_texts(in, node)) {
    const std::string group = mail::normal_group(text);
    const auto& offered = net::offered_groups();
    if (std::ranges::find(offered, group) == offered.end()) {
      in.complain(node, "this gateway's OpenSSL does not offer the group '" + text + "'" + did_you_mean(text, offered));
    } else {
      floor.groups.insert(group);
    }
  }
}

Settings<mail::TlsRequirement> floor_settings(mail::TlsLevel least) {
  return {
      custom<mail::TlsRequirement>(
          "level", "none, opportunistic, encrypted, verified, secure, mta-sts, dane", "",
          "How much a connection must prove. What a domain promises by DANE or MTA-STS is demanded in any case; as a "
          "floor, mta-sts leaves out the domains that enforce neither",
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
      custom<mail::TlsRequirement>("names", "list of host names", "",
                                   "One of these must be in the certificate, in place of what the level says",
                                   read_names),
      custom<mail::TlsRequirement>("pins", "list of certificate:, key: or authority:sha256:FINGERPRINT", "",
                                   "The certificate, its public key, or an authority of its chain must be one of these",
                                   read_pins),
      custom<mail::TlsRequirement>("groups", "list of groups", "",
                                   "The key exchange must use one of these: X25519MLKEM768 where OpenSSL has it",
                                   read_groups),
  };
}

Setting<ScopedSettings> floor_section(std::string key, std::optional<mail::TlsRequirement> ScopedSettings::* member,
                                      mail::TlsLevel least) {
  const Settings<mail::TlsRequirement> inner = floor_settings(least);
  Setting<ScopedSettings> setting = custom<ScopedSettings>(
      std::move(key), "table", "", "", [inner, member](Reading& in, const Node& node, ScopedSettings& scope) {
        mail::TlsRequirement floor;
        read_table(in, node, inner, floor);
        // What must be shown cannot be shown in the clear.
        if (!floor.pins.empty() || !floor.groups.empty())
          floor.level = std::max(floor.level, mail::TlsLevel::encrypted);
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

Setting<ScopedSettings> scoped_time(std::string key, std::optional<Duration> ScopedSettings::* member, Duration least,
                                    Duration most, std::string doc) {
  return custom<ScopedSettings>(std::move(key), "time", "", std::move(doc),
                                [member, least, most](Reading& in, const Node& node, ScopedSettings& scope) {
                                  scope.*member = read_duration(in, node, least, most);
                                });
}

}  // namespace

const Settings<ScopedSettings>& scoped_settings() {
  static const Settings<ScopedSettings> settings = {
      custom<ScopedSettings>(
          "methods", "list of tls, smime, openpgp, portal", "[\"tls\", \"smime\", \"openpgp\", \"portal\"]",
          "The rungs of the ladder for protected mail, in order; cleartext is no rung. A recipient without a "
          "usable certificate or key has no smime or openpgp rung, unless key_sources says whom to ask; there is a "
          "portal "
          "rung where tenant.NAME.portal says who tells of it",
          read_methods),
      section<ScopedSettings>("protect",
                              {floor_section("tls", &ScopedSettings::protect_tls, mail::TlsLevel::encrypted)}),
      section<ScopedSettings>("deliver", {floor_section("tls", &ScopedSettings::deliver_tls, mail::TlsLevel::none)}),
      custom<ScopedSettings>(
          "retry", "[first, longest]", "", "As delivery.retry, for this mail",
          [](Reading& in, const Node& node, ScopedSettings& scope) { scope.retry = read_retry(in, node); }),
      scoped_time("expire", &ScopedSettings::expire, 1s, 24h * 30, "As delivery.expire, for this mail"),
      scoped_time("delay_notice", &ScopedSettings::delay_notice, 0s, 24h * 30,
                  "As delivery.delay_notice, for this mail"),
      smime_section(),
      openpgp_section(),
      encrypted_counts_setting(),
      key_sources_setting(),
      pickup_section(),
  };
  return settings;
}

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

Setting<ConfigFile> hosts_setting() {
  return custom<ConfigFile>(
      "host", "tables by name of an MX host or relay, or .domain", "",
      "[host.\"mx1.lab.example\"] with protect.tls and deliver.tls as in [settings]: for whatever goes to it",
      [](Reading& in, const Node& node, ConfigFile& file) {
        const Settings<ScopedSettings> inner = {
            section<ScopedSettings>("protect",
                                    {floor_section("tls", &ScopedSettings::protect_tls, mail::TlsLevel::encrypted)}),
            section<ScopedSettings>("deliver",
                                    {floor_section("tls", &ScopedSettings::deliver_tls, mail::TlsLevel::none)}),
        };
        const NodeTable* table = node.table();
        if (table == nullptr) return in.expected(node, "a table of hosts");
        for (const NodeEntry& entry : *table) {
          const std::string name = entry.key.starts_with('.') ? entry.key.substr(1) : entry.key;
          const auto host = mail::Domain::parse(name);
          if (!host) in.complain(entry.line, entry.column, "'" + entry.key + "' is no host name or .domain");
          ScopedSettings scope;
          read_table(in, entry.value, inner, scope);
          if (host) file.config.host_settings[(entry.key.starts_with('.') ? "." : "") + host->str()] = scope;
        }
      });
}

}  // namespace postern::gateway
