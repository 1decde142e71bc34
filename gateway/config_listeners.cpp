// [[listener]]: where mail comes in.
#include "gateway/config_schema.hpp"
#include "gateway/config_values.hpp"

namespace postern::gateway {
namespace {

constexpr std::uint64_t gibibyte = 1ULL << 30, largest_return = 1ULL << 20;

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
    if (constexpr std::string_view tag = "systemd:"; text.starts_with(tag)) {
      file.listener.sockets.push_back(text.substr(tag.size()));
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
      required(custom<ListenerFile>(
          "address", "list of address:port", "",
          "Where it listens; `systemd:NAME` is the socket unit's of that `FileDescriptorName`", read_addresses)),
      listener_setting("role", "senders, returns", "senders",
                       "What it takes: the tenants' mail; or what comes back to addresses of a tenant's portal.domain "
                       "(starttls = \"offered\" then: bounces come from anywhere; limit.size is 1MiB)",
                       &ListenerConfig::role,
                       [](Reading& in, const Node& node) {
                         return read_word(in, node,
                                          Words<ListenerRole>{{"senders", ListenerRole::senders},
                                                              {"returns", ListenerRole::returns}});
                       }),
      listener_setting("starttls", "off, offered, required, implicit", "\"required\"",
                       "Whether TLS is offered, demanded before MAIL, or there before the greeting (implicit)",
                       &ListenerConfig::starttls,
                       [](Reading& in, const Node& node) {
                         return read_word(in, node,
                                          Words<smtp::Starttls>{{"off", smtp::Starttls::off},
                                                                {"offered", smtp::Starttls::offered},
                                                                {"required", smtp::Starttls::required},
                                                                {"implicit", smtp::Starttls::implicit}});
                       }),
      custom<ListenerFile>(
          "proxy", "list of networks", "",
          "Load balancers: they, and only they, must begin with a PROXY protocol v2 header",
          [](Reading& in, const Node& node, ListenerFile& file) { file.listener.proxy = read_networks(in, node); }),
      listener_setting("announce_limits", "true, false", "false", "Tell clients the limits (LIMITS, RFC 9422)",
                       &ListenerConfig::announce_limits, read_flag),
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
              limit_setting("body_rate", &smtp::ServerLimits::body_rate, 1, 1'000'000, "500",
                            "Octets a second: a message that comes slower for more than 3 minutes is ended by 421"),
              listener_setting("per_client", "number", "50", "Connections from one address",
                               &ListenerConfig::per_client,
                               [](Reading& in, const Node& node) { return read_number(in, node, 1, 100'000); }),
          }),
  };
  return settings;
}

}  // namespace

Setting<ConfigFile> listeners_setting() {
  auto setting = required(
      custom<ConfigFile>("listener", "list of tables", "", "", [](Reading& in, const Node& node, ConfigFile& file) {
        std::vector<ListenerFile> listeners;
        read_each(in, node, listener_settings(), listeners);
        for (ListenerFile& one : listeners) {
          ListenerConfig& listener = one.listener;
          if (listener.role == ListenerRole::returns)
            listener.limits.size = std::min(listener.limits.size, largest_return);
          file.config.listeners.push_back(std::move(listener));
        }
      }));
  setting.describe = [](const std::string& prefix, std::vector<SettingDoc>& rows) {
    describe(prefix + ".", listener_settings(), rows);
  };
  return setting;
}

}  // namespace postern::gateway
