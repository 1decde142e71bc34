#include "gateway/config_dkim.hpp"

#include <set>

#include "crypto/dkim_key.hpp"
#include "gateway/config_values.hpp"

namespace postern::gateway {
namespace {

const Settings<DkimConfig>& dkim_settings() {
  static const Settings<DkimConfig> settings = {
      required(parsed("domain", &DkimConfig::domain, mail::Domain::parse, "domain", "", "")),
      required(text("selector", &DkimConfig::selector, "", "")),
      required(custom<DkimConfig>("key", "secret", "", "",
                                  [](Reading& in, const Node& node, DkimConfig& dkim) {
                                    if (auto ref = read_secret_ref(in, node)) dkim.key = std::move(*ref);
                                  })),
  };
  return settings;
}

void check(Reading& in, const Node& node, const DkimConfig& dkim, const policy::Tenant& tenant) {
  if (!dkim.domain.empty() && !policy::owns(tenant, dkim.domain))
    in.complain(node, "'" + dkim.domain.str() + "' is not among the tenant's domains: it cannot sign for it");
  if (!dkim.selector.empty() && !crypto::is_dkim_selector(dkim.selector))
    in.complain(node,
                "'" + dkim.selector + "' is no selector: letters, digits and hyphens, in labels with dots between");
}

}  // namespace

std::vector<DkimConfig> read_dkim(Reading& in, const Node& node, const policy::Tenant& tenant) {
  std::vector<DkimConfig> keys;
  read_each(in, node, dkim_settings(), keys);
  std::set<std::string> names;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Node& at = (*node.list())[i];
    check(in, at, keys[i], tenant);
    const bool complete = !keys[i].domain.empty() && !keys[i].selector.empty();
    const std::string name = crypto::dkim_record_name(lowered(keys[i].selector), keys[i].domain);
    if (complete && !names.insert(name).second) in.complain(at, "a second key for " + name);
  }
  return keys;
}

}  // namespace postern::gateway
