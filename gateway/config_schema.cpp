#include "gateway/config_schema.hpp"

#include <tuple>

#include "gateway/config_scopes.hpp"
#include "gateway/config_values.hpp"

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
/// Of a part of Config.
template <class Part>
Setting<ConfigFile> time_setting(std::string key, Part Config::* part, Duration Part::* member, Duration least,
                                 Duration most, std::string fallback, std::string doc) {
  return custom<ConfigFile>(std::move(key), "time", std::move(fallback), std::move(doc),
                            [part, member, least, most](Reading& in, const Node& node, ConfigFile& file) {
                              if (auto value = read_duration(in, node, least, most))
                                (file.config.*part).*member = *value;
                            });
}
template <class Part>
Setting<ConfigFile> number_setting(std::string key, Part Config::* part, unsigned Part::* member, std::int64_t least,
                                   std::int64_t most, std::string fallback, std::string doc) {
  return custom<ConfigFile>(std::move(key), "number", std::move(fallback), std::move(doc),
                            [part, member, least, most](Reading& in, const Node& node, ConfigFile& file) {
                              if (const auto value = read_number(in, node, least, most))
                                (file.config.*part).*member = static_cast<unsigned>(*value);
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

void read_egress(Reading& in, const Node& node, ConfigFile& file) {
  file.config.egress = read_networks(in, node);
}

void read_delivery_retry(Reading& in, const Node& node, ConfigFile& file) {
  const auto retry = read_retry(in, node);
  if (retry) std::tie(file.config.schedule.first_retry, file.config.schedule.longest_retry) = *retry;
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
      required(custom<ConfigFile>("state", "folder", "", "Where spool and keys are",
                                  into<fs::path>(&Config::state, path_of))),
      text("policy", &ConfigFile::policy, "policy.d", "The folder of policy files"),
      required(section<ConfigFile>(
          "spool",
          {
              required(custom<ConfigFile>("kek", "secret", "",
                                          "The key-encryption key: 32 octets or 64 hexadecimal digits",
                                          into<SecretRef>(&Config::kek, read_secret_ref))),
              size_setting(
                  "min_free", &Config::min_free, mebibyte, 1024 * gibibyte, "1GiB",
                  "Free disk below which new mail gets 452. Opening the spool after a crash takes up to 256 MiB of it"),
              size_setting("renditions", &Config::renditions, mebibyte, 1024 * gibibyte, "1GiB",
                           "Disk for what is sealed of one message and not delivered yet, for all its recipients; "
                           "beyond it its other recipients wait"),
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
              custom<ConfigFile>("worker", "documents, always, never", "documents",
                                 "What is read in the confined postern-inspect: all but small plain text and HTML, "
                                 "everything, or nothing (then no fault of a parser is contained)",
                                 into<Isolation>(&Config::inspect_worker,
                                                 [](Reading& in, const Node& node) {
                                                   return read_word(
                                                       in, node,
                                                       Words<Isolation>{{"documents", Isolation::documents},
                                                                        {"always", Isolation::always},
                                                                        {"never", Isolation::never}});
                                                 })),
              custom<ConfigFile>("program", "file", "beside posternd", "postern-inspect, started by posternd",
                                 into<std::optional<fs::path>>(&Config::inspect_program, path_of)),
              custom<ConfigFile>(
                  "socket", "file", "",
                  "Instead of starting it: where a unit of its own does (systemd/postern-inspect.socket)",
                  into<std::optional<fs::path>>(&Config::inspect_socket, path_of)),
              custom<ConfigFile>("user", "user", "posternd's",
                                 "Whom the program runs as; only while posternd is root, else take the socket",
                                 into<std::string>(&Config::inspect_user, read_text)),
              time_setting("timeout", &Config::inspect_timeout, 100ms, 10min, "30s",
                           "How long one message may be read in the worker; then it is uninspectable: timeout"),
              size_setting("memory", &Config::inspect_memory, 64 * mebibyte, 64 * gibibyte, "1GiB",
                           "Memory for one message in the worker; beyond it the message is uninspectable: crashed"),
              size_setting(
                  "in_flight", &Config::inspect_in_flight, mebibyte, 64 * gibibyte, "160MiB",
                  "Octets of messages larger than 256 KiB that are in memory to be read, all together; one that "
                  "finds no room is answered 250 and judged later, a larger one is read alone"),
          }),
      section<ConfigFile>(
          "virus",
          {
              custom<ConfigFile>("socket", "file", "",
                                 "A virus scanner that is asked before mail is kept: clamd's LocalSocket, as in "
                                 "/run/clamav/clamd.ctl. What it finds is held. Without it nothing is scanned",
                                 [path_of](Reading& in, const Node& node, ConfigFile& file) {
                                   file.config.virus.socket = path_of(in, node);
                                 }),
              custom<ConfigFile>(
                  "scan", "replies, all", "replies",
                  "What it is asked about: what recipients write in the portal, or the tenants' mail too",
                  [](Reading& in, const Node& node, ConfigFile& file) {
                    const Words<VirusScan> words = {{"replies", VirusScan::replies}, {"all", VirusScan::all}};
                    if (const auto scan = read_word(in, node, words)) file.config.virus.scan = *scan;
                  }),
              custom<ConfigFile>("trouble", "hold, deliver", "hold",
                                 "What becomes of mail that it could not read: it is down, takes longer than timeout, "
                                 "or takes no message of that size (clamd's StreamMaxLength)",
                                 [](Reading& in, const Node& node, ConfigFile& file) {
                                   const Words<ScanTrouble> words = {{"hold", ScanTrouble::hold},
                                                                     {"deliver", ScanTrouble::deliver}};
                                   if (const auto what = read_word(in, node, words)) file.config.virus.trouble = *what;
                                 }),
              time_setting("timeout", &Config::virus, &VirusConfig::timeout, 100ms, 5min, "30s",
                           "How long it may take for one message, while the sender's server waits"),
          }),
      section<ConfigFile>(
          "resolver",
          {
              custom<ConfigFile>("address", "address:port", "127.0.0.1:53", "The DNS resolver",
                                 into<net::Endpoint>(&Config::resolver, read_endpoint)),
              time_setting("networks_floor", &Config::networks_floor, 1s, 24h, "1h",
                           "The least time between two look-ups of an SPF record that a bind names; its TTL may be "
                           "longer, a day at the most"),
              custom<ConfigFile>("trust_ad", "true or false", "true where it is on loopback",
                                 "Whether its word that an answer is DNSSEC-validated is believed: DANE "
                                 "rests on it. Anybody between it and us can forge it",
                                 into<std::optional<bool>>(&Config::resolver_trust_ad, read_flag)),
          }),
      section<ConfigFile>(
          "discovery",
          {
              custom<ConfigFile>("mta_sts", "true or false", "true",
                                 "Whether MTA-STS policies of recipients' domains (RFC 8461) are looked up and kept to",
                                 into<bool>(&Config::mta_sts, read_flag)),
              custom<ConfigFile>("egress", "list of networks", "",
                                 "Addresses that are not public and that may be connected to all the same, where a "
                                 "recipient's domain names the host: its mail servers, policy hosts, web key "
                                 "directories, OCSP responders and CRLs within; relays need not be listed",
                                 read_egress),
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
                      number_setting("concurrency", &Config::destination, &policy::DestinationSettings::most, 1, 1000,
                                     "20",
                                     "Deliveries to one domain or relay at the same time, at most; fewer while it "
                                     "answers 421 or does not answer"),
                      number_setting("start", &Config::destination, &policy::DestinationSettings::start, 1, 1000, "5",
                                     "Deliveries at the same time to a destination that nothing is known of"),
                      time_setting("suspend", &Config::destination, &policy::DestinationSettings::suspend, 1s, 24h,
                                   "1m",
                                   "How long a destination that cannot be reached is left alone; doubles, to 16 "
                                   "times as long"),
                  }),
              section<ConfigFile>(
                  "reuse",
                  {
                      time_setting("idle", &Config::reuse, &ReuseSettings::idle, 0s, 5min, "2s",
                                   "How long a connection waits for the next message to the same host with an equal "
                                   "TLS requirement; 0s: not at all"),
                      number_setting("connections", &Config::reuse, &ReuseSettings::connections, 1, 10'000, "100",
                                     "Connections that wait so at the same time"),
                      number_setting("messages", &Config::reuse, &ReuseSettings::messages, 1, 1'000'000, "100",
                                     "Messages over one connection"),
                  }),
              custom<ConfigFile>("retry", "[first, longest]", "[\"1m\", \"4h\"]",
                                 "Waits between tries: doubling from the first to the longest", read_delivery_retry),
              time_setting("expire", &Config::schedule, &policy::Schedule::expire, 1s, 24h * 30, "2d",
                           "When mail that cannot be delivered is given up"),
              time_setting("hold_expire", &Config::hold_expire, 1s, 24h * 90, "5d",
                           "When held mail that nobody released is given up"),
              time_setting("proof_gap", &Config::schedule, &policy::Schedule::proof_gap, 1s, 24h, "15m",
                           "Time between two proofs that a domain cannot do TLS"),
              time_setting("protect_patience", &Config::schedule, &policy::Schedule::protect_patience, 1s, 24h * 30,
                           "4h", "How long only transient TLS failures are waited out"),
              custom<ConfigFile>("eight_bit", "send, bounce", "send",
                                 "What becomes of 8-bit mail where no mail server of a domain offers 8BITMIME: sent as "
                                 "it is, which nearly all take and a few spoil, or returned to its sender",
                                 into<EightBit>(&Config::eight_bit,
                                                [](Reading& in, const Node& node) {
                                                  return read_word(in, node,
                                                                   Words<EightBit>{{"send", EightBit::send},
                                                                                   {"bounce", EightBit::bounce}});
                                                })),
              custom<ConfigFile>("ca", "file", "", "Certificate authorities trusted besides the system's",
                                 [path_of](Reading& in, const Node& node, ConfigFile& file) {
                                   file.config.delivery_ca = path_of(in, node);
                                 }),
              time_setting("delay_notice", &Config::schedule, &policy::Schedule::delay_notice, 0s, 24h * 30, "4h",
                           "When a sender is told, once, that mail has not been delivered yet; 0s: never"),
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
      reports_setting(),
      keys_setting(base),
      later<ConfigFile>("http"),
      portal_setting(),
      listeners_setting(),
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
      tenants_setting(),
      custom<ConfigFile>("partner", "tables by address, domain or .domain", "",
                         "Settings for who receives: [partner.\"lab.example\"] settings = as [settings]",
                         [](Reading& in, const Node& node, ConfigFile& file) {
                           read_partners(in, node, file.config.partner_settings);
                         }),
      hosts_setting(),
  };
}

}  // namespace postern::gateway
