// postern.toml, read: the machine and who is who. Each setting is declared once, in config_schema.cpp (type, unit,
// bounds, default, documentation); this is what the rest of the gateway sees.
//
//   auto config = parse_config(text, "postern.toml");    // or every complaint at once, with file:line:column
//   auto settings = config->settings_for("clinic", recipient);   // scoped settings, resolved
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/secret.hpp"
#include "base/secret_ref.hpp"
#include "crypto/database.hpp"
#include "discovery/ldap_directory.hpp"
#include "gateway/connections.hpp"
#include "gateway/pickup_settings.hpp"
#include "gateway/seal_settings.hpp"
#include "mail/address.hpp"
#include "mail/route.hpp"
#include "net/egress.hpp"
#include "net/endpoint.hpp"
#include "policy/congestion.hpp"
#include "policy/delivery.hpp"
#include "policy/tenant.hpp"
#include "smtp/server_session.hpp"

namespace postern::gateway {

/// Whose mail a listener takes: what tenants send, or what comes back to addresses that we have made.
enum class ListenerRole { senders, returns };

struct ListenerConfig {
  std::string name;
  ListenerRole role = ListenerRole::senders;
  std::vector<net::Endpoint> address;
  std::vector<std::string> sockets;  // "systemd:NAME": the service manager's, by FileDescriptorName
  std::vector<Network> proxy;        // load balancers that speak the PROXY protocol
  bool announce_limits = false;
  smtp::Starttls starttls = smtp::Starttls::required;
  std::optional<SecretRef> certificate, key, client_ca;
  bool request_client_certificate = false;
  smtp::BareLf bdat_bare_lf = smtp::BareLf::normalise;
  smtp::ServerLimits limits;
  unsigned per_client = 50;
};

/// A relay into Microsoft 365: what proves us to its connector, and what tells its rules that we have seen the mail.
struct ReturnConfig {
  mail::Relay hop;
  std::optional<SecretRef> certificate, key;
  std::string marker_name;
  std::optional<SecretRef> marker;
};

/// A key that signs a tenant's mail.
struct DkimConfig {
  mail::Domain domain;
  std::string selector;
  SecretRef key;
};

/// Who tells recipients that mail waits in the portal.
struct PortalSender {
  mail::Address from;
  std::string name;
  std::string colour = "#0b5c6b";      // of buttons: it can be read with white on it
  std::string logo;                    // a PNG; empty: none
  std::optional<mail::Domain> domain;  // whose mail we take: of answers and bounces (gateway/conversations.hpp)
};

struct TenantConfig {
  policy::Tenant tenant;                  // without its secrets: see load_tenants
  std::vector<SecretRef> secret_values;   // of bind.header
  std::optional<SecretRef> ca;            // of bind; Binding::ca is its text
  std::vector<std::string> notes;         // "@microsoft365: 6 networks, as of …"
  mail::Hop route;                        // where its mail goes
  std::optional<mail::Hop> return_route;  // how DSNs go home; default: as `route`
  std::vector<ReturnConfig> returns;      // of these two, those with via = "return"
  std::vector<DkimConfig> dkim;
  std::optional<PortalSender> portal;  // nothing: its recipients have no portal rung

  [[nodiscard]] const mail::Hop& way_home() const { return return_route ? *return_route : route; }
};

/// Scoped: global, tenant, partner, tenant's partner. Absent = inherit; floors only tighten.
struct ScopedSettings {
  std::optional<std::vector<mail::Method>> methods;
  std::optional<mail::TlsRequirement> protect_tls, deliver_tls;
  std::optional<std::pair<Duration, Duration>> retry;  // first, longest
  std::optional<Duration> expire, delay_notice;
  std::optional<std::vector<discovery::KeyOrigin>> key_sources;
  std::optional<crypto::ContentCipher> smime_content;
  std::optional<std::optional<crypto::SignatureForm>> smime_sign;
  std::optional<bool> smime_hide_subject, openpgp_hide_subject, smime_domain_signs, openpgp_domain_signs, openpgp_sign,
      openpgp_inline, encrypted_counts;
  std::optional<spool::PickupProof> pickup_proof;
  std::optional<Duration> pickup_expire;
  std::optional<std::string> pickup_language;
  std::optional<NoticeFloor> notice_floor;
  std::optional<bool> tell_unread, tell_sender, portal_replies;
  std::optional<Receipt> portal_receipt;
  std::optional<Duration> portal_remind;
};

struct SinkConfig {
  std::string path;                 // of "file:PATH"
  std::string addresses = "plain";  // plain | domain | hmac
};

enum class OpenpgpEngineName { librnp, gnupg };

/// As it is written: its `tls` and `password` are loaded from these.
struct DirectoryConfig {
  discovery::LdapDirectory directory;
  std::optional<std::filesystem::path> ca;  // absent: the system's authorities
  std::optional<SecretRef> password;
};

struct KeysConfig {
  crypto::DatabaseRef store = std::filesystem::path("keys.db");
  std::optional<std::filesystem::path> roots, signer_roots;
  std::filesystem::path gnupg_folder = "/run/postern/gnupg";
  OpenpgpEngineName openpgp = OpenpgpEngineName::librnp;
  bool use_found = false;
  RevocationMode revocation = RevocationMode::hard;
  std::vector<DirectoryConfig> directories;
};

/// 8-bit mail where no mail server of a domain offers 8BITMIME.
enum class EightBit { send, bounce };

/// Which messages are read in postern-inspect. In this process nothing contains a fault of a parser.
enum class Isolation { never, documents, always };

/// The daily reports of TLS sessions to domains that ask for them (RFC 8460).
struct TlsReportConfig {
  std::optional<mail::Address> from;  // of a tenant's domain; absent: none are sent
  std::string organization;           // empty: the host name
  Duration spread = std::chrono::hours(4);
};

enum class VirusScan { replies, all };
/// What becomes of mail that the scanner could not read.
enum class ScanTrouble { hold, deliver };

struct VirusConfig {
  std::optional<std::filesystem::path> socket;  // of clamd; absent: nothing is scanned
  VirusScan scan = VirusScan::replies;
  ScanTrouble trouble = ScanTrouble::hold;
  Duration timeout = std::chrono::seconds(30);
};

/// postern-portal, where there is one.
struct PortalConfig {
  std::optional<std::filesystem::path> socket;
  std::string url;  // "https://secure.clinic.example"
};

struct Config {
  std::string hostname;
  std::filesystem::path state;
  std::filesystem::path policy_dir;  // absolute
  SecretRef kek;
  std::uint64_t min_free = 1ULL << 30;
  std::uint64_t renditions = 1ULL << 30;  // octets of one message's

  std::uint64_t in_flight = 256ULL << 20;  // octets of bodies between MAIL and 250, all sessions together
  Duration inspect_budget = std::chrono::seconds(10);
  unsigned inspect_depth = 16;
  std::size_t inspect_parts = 10'000;
  std::uint64_t inspect_expanded = 512ULL << 20;
  Isolation inspect_worker = Isolation::documents;
  std::optional<std::filesystem::path> inspect_program;  // beside posternd where absent
  std::optional<std::filesystem::path> inspect_socket;   // of a unit that starts one; instead of the program
  std::string inspect_user;
  Duration inspect_timeout = std::chrono::seconds(30);
  std::uint64_t inspect_memory = 1ULL << 30;
  std::uint64_t inspect_in_flight = 160ULL << 20;

  net::Endpoint resolver{"127.0.0.1", 53};
  Duration networks_floor = std::chrono::hours(1);  // the least time between two look-ups of an SPF record
  std::optional<bool> resolver_trust_ad;            // absent: where it is on loopback

  bool mta_sts = true;
  TlsReportConfig tls_reports;
  std::vector<Network> egress;  // not public, and yet hosts that a stranger's data names may be there

  std::uint16_t delivery_port = 25;
  unsigned delivery_concurrency = 20;
  policy::DestinationSettings destination;
  ReuseSettings reuse;
  policy::Schedule schedule;  // retry, expire, delay_notice, proof_gap, protect_patience
  Duration hold_expire = std::chrono::hours(120);
  EightBit eight_bit = EightBit::send;
  std::optional<std::filesystem::path> delivery_ca;  // roots besides the system's, for MX certificates

  Duration facts_keep = std::chrono::hours(24 * 30);
  std::vector<SinkConfig> sinks;
  std::filesystem::path control_socket;

  KeysConfig keys;
  PortalConfig portal;
  VirusConfig virus;

  std::vector<ListenerConfig> listeners;
  std::vector<TenantConfig> tenants;

  ScopedSettings global;
  std::map<std::string, ScopedSettings> tenant_settings;   // by tenant
  std::map<std::string, ScopedSettings> partner_settings;  // by address, domain or ".domain"
  std::map<std::string, std::map<std::string, ScopedSettings>> tenant_partner_settings;
  std::map<std::string, ScopedSettings> host_settings;  // by name of an MX host or relay, or ".domain"

  [[nodiscard]] policy::DeliverySettings settings_for(const std::string& tenant, const mail::Address& recipient) const;
  /// When mail to this recipient is tried again, told of and given up: the nearest scope that says so.
  [[nodiscard]] policy::Schedule schedule_for(const std::string& tenant, const mail::Address& recipient) const;
  [[nodiscard]] SealSettings seal_settings_for(const std::string& tenant, const mail::Address& recipient,
                                               mail::Method method) const;
  [[nodiscard]] PickupSettings pickup_settings_for(const std::string& tenant, const mail::Address& recipient) const;
  /// What is demanded of every session with this host, whoever the recipient.
  [[nodiscard]] mail::TlsRequirement host_floor(const std::string& host, mail::Action action) const;
  [[nodiscard]] net::EgressPolicy egress_policy() const;
  /// Is the resolver's word on DNSSEC believed?
  [[nodiscard]] bool trusts_ad() const;
  [[nodiscard]] const TenantConfig* tenant(const std::string& name) const;

 private:
  /// The scopes that hold for such mail, the nearest last.
  template <class Visit>
  void each_scope(const std::string& tenant, const mail::Address& recipient, Visit nearer) const;
};

/// `file` is the name in diagnostics and the folder that relative paths are relative to.
[[nodiscard]] std::expected<Config, Diagnostics> parse_config(const std::string& text, const std::string& file);

/// docs/configuration.md's table and the keys of conf/postern.toml, from the same declarations.
[[nodiscard]] std::string configuration_reference();

}  // namespace postern::gateway
