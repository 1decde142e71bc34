// Any text as postern.toml. What is wrong has a place; what is right keeps promise 1 for every tenant and recipient.
#include <algorithm>

#include "fuzz/target.hpp"
#include "fuzz/words.hpp"
#include "gateway/config.hpp"

using namespace postern;
using fuzz::require;

namespace {

[[maybe_unused]] constexpr std::string_view known_words =
    "version hostname state spool kek listener name address tls certificate key client ca tenant domains bind "
    "networks mode enforce route via mx smarthost host port onward enforced-tls settings protect deliver level "
    "none opportunistic encrypted verified secure 1.2 1.3 partner methods smime openpgp portal delivery retry "
    "expire proof_gap hold_expire concurrency inspect worker documents always never audit sink json starttls "
    "off offered required implicit limit per_client bdat_bare_lf refuse normalise proxy 127.0.0.1:25 "
    "192.0.2.0/24 10.0.0.0/8 .clinic.example lab.example a@lab.example file:k 0 1 25 1000 10s 2d 1KiB 1GiB "
    "true false";

const std::string file = "/nowhere/postern.toml";

void check_complaints(const Diagnostics& wrong, std::string_view text) {
  require(!wrong.empty());
  for (const Diagnostic& one : wrong) {
    require(one.file == file && !one.text.empty());
    require(one.line <= 1 + static_cast<unsigned>(std::ranges::count(text, '\n')));
    require(one.line == 0 || one.column > 0);
  }
}

/// A floor of a narrower scope only tightens.
void check_floors(const gateway::Config& config, const std::string& tenant) {
  const auto wide = config.settings_for(tenant, *mail::Address::parse("a@nobody.names.this.zzq"));
  require(wide.protect_tls.level >= mail::TlsLevel::encrypted);
  for (const auto& [partner, settings] : config.partner_settings) {
    const bool below = partner.starts_with('.');
    const auto recipient = mail::Address::parse(partner.contains('@') ? partner : (below ? "a@b" : "a@") + partner);
    if (!recipient) continue;
    const auto narrow = config.settings_for(tenant, *recipient);
    require(!narrow.protect_tls.valid || narrow.protect_tls.level >= wide.protect_tls.level);
    require(!narrow.deliver_tls.valid || narrow.deliver_tls.level >= wide.deliver_tls.level);
    require(!narrow.protect_tls.valid || narrow.protect_tls.version >= wide.protect_tls.version);
    require(!narrow.deliver_tls.valid || narrow.deliver_tls.version >= wide.deliver_tls.version);
  }
}

void check(const gateway::Config& config) {
  require(!config.hostname.empty() && !config.listeners.empty() && !config.tenants.empty());
  for (const gateway::ListenerConfig& listener : config.listeners) {
    require(!listener.name.empty() && !(listener.address.empty() && listener.sockets.empty()));
    require(listener.starttls == smtp::Starttls::off || (listener.certificate && listener.key));
    require(listener.limits.size > 0 && listener.limits.recipients > 0 && listener.limits.command_line >= 512);
  }
  for (const gateway::TenantConfig& tenant : config.tenants) {
    require(!tenant.tenant.name.empty() && !tenant.tenant.domains.empty());
    require(config.tenant(tenant.tenant.name) == &tenant);
    check_floors(config, tenant.tenant.name);
  }
}

}  // namespace

FUZZ_WORDS(known_words)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text(data, size));
  const auto config = gateway::parse_config(text, file);
  const auto again = gateway::parse_config(text, file);
  require(config.has_value() == again.has_value());
  if (config) {
    check(*config);
  } else {
    require(config.error().size() == again.error().size());
    check_complaints(config.error(), text);
  }
  return 0;
}
