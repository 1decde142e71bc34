#include "gateway/config_bind.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/text_file.hpp"
#include "gateway/config_values.hpp"
#include "gateway/named_networks.hpp"
#include "mail/claims.hpp"

namespace postern::gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view shared_certificate = "mail.protection.outlook.com";

/// "@NAME" stands for the file NAME beside the configuration; "@microsoft365" for the ranges that are shipped.
void add_network_file(Reading& in, const Node& node, const std::string& name, BindFile& into) {
  const fs::path path = into.base / (name == "microsoft365" ? "m365-smtp-ranges.txt" : name);
  const auto text = read_text_file(path);
  if (!text) return in.complain(node, "cannot read the networks of @" + name + " from " + path.string());
  const auto named = parse_named_networks(*text);
  if (!named) return in.complain(node, path.string() + ": " + named.error().text);
  into.bind.networks.insert(into.bind.networks.end(), named->networks.begin(), named->networks.end());
  into.notes.push_back("@" + name + ": " + format_networks_state(*named));
}

constexpr std::string_view by_spf = "spf:";

void add_published(Reading& in, const Node& node, const std::string& name, BindFile& into) {
  const auto domain = mail::Domain::parse(name);
  if (!domain || domain->is_literal())
    return in.complain(node, "'" + name + "': the domain of an SPF record is expected");
  into.bind.published.push_back({domain->str(), {}});
  into.own_network = into.own_network || !domain->str().ends_with("protection.outlook.com");
}

void read_networks(Reading& in, const Node& node, BindFile& into) {
  for (const std::string& entry : read_texts(in, node)) {
    if (entry.starts_with('@')) {
      add_network_file(in, node, entry.substr(1), into);
      into.own_network = into.own_network || entry != "@microsoft365";
    } else if (entry.starts_with(by_spf)) {
      add_published(in, node, entry.substr(by_spf.size()), into);
    } else if (const auto network = Network::parse(entry)) {
      into.bind.networks.push_back(*network);
      into.own_network = true;
    } else {
      in.complain(node, network.error().text);
    }
  }
}

void read_originator_org(Reading& in, const Node& node, BindFile& into) {
  for (const std::string& name : read_texts(in, node)) {
    const auto domain = mail::Domain::parse(name);
    if (!domain) {
      in.complain(node, "'" + name + "': " + domain.error().text);
    } else {
      into.bind.originator_org.push_back(domain->str());
    }
  }
}

void read_tenant_ids(Reading& in, const Node& node, BindFile& into) {
  for (const std::string& text : read_texts(in, node)) {
    const auto id = mail::parse_guid(text);
    if (!id) {
      in.complain(node, "'" + text + "' is no tenant id: 8-4-4-4-12 hexadecimal digits are expected");
    } else {
      into.bind.tenant_ids.push_back(*id);
    }
  }
}

bool is_field_name(std::string_view name) {
  const auto fits = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
  return !name.empty() && std::ranges::all_of(name, fits);
}

struct HeaderFile {
  std::string name;
  std::vector<SecretRef> values;
};

void read_secret_header(Reading& in, const Node& node, BindFile& into) {
  const Settings<HeaderFile> settings = {
      required(text("name", &HeaderFile::name, "", "")),
      required(custom<HeaderFile>("value", "secret", "", "",
                                  [](Reading& r, const Node& n, HeaderFile& header) {
                                    for (const std::string& written : read_texts(r, n)) {
                                      auto ref = parse_secret_ref(written);
                                      if (!ref) {
                                        r.complain(n, ref.error().text);
                                      } else {
                                        header.values.push_back(*ref);
                                      }
                                    }
                                  })),
  };
  HeaderFile header;
  read_table(in, node, settings, header);
  if (!header.name.empty() && !is_extension_field(header.name))
    in.complain(node, "'" + header.name + "': a name of your own is expected, one that begins with X-");
  if (header.values.size() > 2) in.complain(node, "two values at most: the present one and the next");
  into.bind.secret = policy::SecretHeader{header.name, {}};
  into.secret_values = header.values;
}

Setting<policy::Classes> treatment(std::string key, policy::Treatment policy::Classes::* member, std::string fallback,
                                   std::string doc) {
  return choice(std::move(key), member,
                Words<policy::Treatment>{{"refuse", policy::Treatment::refuse}, {"relay", policy::Treatment::relay}},
                std::move(fallback), std::move(doc));
}

}  // namespace

bool is_extension_field(std::string_view name) {
  return is_field_name(name) && (name.starts_with("X-") || name.starts_with("x-")) &&
         !mail::equals_ignoring_case(name.substr(0, 5), "x-ms-") &&
         !mail::equals_ignoring_case(name, "X-OriginatorOrg");
}

Settings<BindFile> bind_settings() {
  Setting<BindFile> mode = custom<BindFile>(
      "mode", "enforce, monitor", "enforce",
      "monitor: certificate and headers are recorded and not required; networks (or, without them, the certificate), "
      "MAIL FROM and From are required still",
      [](Reading& in, const Node& node, BindFile& into) {
        const auto word = read_word(
            in, node,
            Words<policy::BindMode>{{"enforce", policy::BindMode::enforce}, {"monitor", policy::BindMode::monitor}});
        if (word) into.bind.mode = *word;
      });
  return {
      std::move(mode),
      custom<BindFile>("networks", "list of networks", "",
                       "The client's address is in one of these; @microsoft365 is Exchange Online (shared by all its "
                       "customers), @FILE a file beside this one, spf:DOMAIN what that domain's SPF record "
                       "publishes, looked up and kept by the gateway",
                       read_networks),
      custom<BindFile>(
          "certificate", "list of names", "",
          "The client's certificate is trusted and for one of these; *.x.example is allowed",
          [](Reading& in, const Node& node, BindFile& into) { into.bind.certificates = read_texts(in, node); }),
      custom<BindFile>("ca", "secret", "",
                       "Authorities of this tenant's own, PEM: the client's certificate chains up to one of these, "
                       "beside its name. The listener need not trust them, and to other tenants they say nothing",
                       [](Reading& in, const Node& node, BindFile& into) {
                         into.ca = read_secret_ref(in, node);
                         if (into.ca) into.bind.ca = format_secret_ref(*into.ca);
                       }),
      custom<BindFile>("originator_org", "list of domains", "",
                       "X-OriginatorOrg is there once and one of these: the tenant's default domain in Exchange Online",
                       read_originator_org),
      custom<BindFile>("tenant_id", "list of GUIDs", "",
                       "X-MS-Exchange-CrossTenant-Id is there once and one of these, and nothing contradicts it",
                       read_tenant_ids),
      custom<BindFile>("header", "{ name, value }", "",
                       "A header with a value that only your Exchange and the gateway know: value is a secret, or two "
                       "while one is exchanged. Cut before the message is kept; never enough alone",
                       read_secret_header),
  };
}

Settings<policy::Classes> classes_settings() {
  return {
      treatment("null_sender", &policy::Classes::null_sender, "relay",
                "Reports and automatic answers: MAIL FROM is empty, From is ours, every condition holds"),
      treatment("forwarded", &policy::Classes::forwarded, "refuse",
                "What others wrote and the tenant passes on: MAIL FROM is ours, From is not (or it came into Exchange "
                "from the Internet). relay needs originator_org or tenant_id"),
      treatment("journal", &policy::Classes::journal, "refuse", "Exchange's journal reports: copies for an archive"),
  };
}

void check_binding(Reading& in, const Node& node, const BindFile& read, const policy::Classes& classes) {
  const policy::Binding& bind = read.bind;
  const bool has_networks = node.find("networks") != nullptr;
  if (has_networks && !policy::names_networks(bind)) return;  // they were complained of
  if (!has_networks && bind.certificates.empty()) {
    return in.complain(node,
                       "bind needs networks or certificate: without either anybody who writes the right headers could "
                       "send in this tenant's name");
  }
  if (!bind.ca.empty() && bind.certificates.empty()) {
    in.complain(node, "bind.ca needs certificate: a public authority alone would let in all whom it ever certified");
  }
  const bool own_certificate = std::ranges::any_of(bind.certificates, [](const std::string& name) {
    return !mail::certificate_name_matches(name, shared_certificate) && !name.ends_with("protection.outlook.com");
  });
  const bool identifies = !bind.originator_org.empty() || !bind.tenant_ids.empty();
  if (!read.own_network && !own_certificate && !identifies) {
    in.complain(node,
                "bind names nothing that is this tenant's own: Microsoft's addresses and certificate are those of all "
                "its customers" +
                    std::string(bind.secret ? ", and a secret header is never enough alone" : "") +
                    "; add originator_org or tenant_id");
  }
  if (classes.forwarded == policy::Treatment::relay && !identifies)
    in.complain(node, "classes.forwarded = \"relay\" needs originator_org or tenant_id in bind: From is a stranger's");
}

}  // namespace postern::gateway
