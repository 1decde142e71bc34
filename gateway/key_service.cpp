#include "gateway/key_service.hpp"

#include <algorithm>
#include <thread>

#include "base/log.hpp"
#include "crypto/openpgp_gpgme.hpp"
#include "crypto/openpgp_rnp.hpp"
#include "discovery/dns_keys.hpp"
#include "discovery/ldap_keys.hpp"
#include "discovery/wkd.hpp"
#include "gateway/key_database.hpp"
#include "gateway/ldap_directories.hpp"
#include "gateway/load_config.hpp"
#include "gateway/seal_methods.hpp"
#include "net/runtime.hpp"

namespace postern::gateway {
namespace {

constexpr std::chrono::seconds look_every{1};
constexpr std::size_t longest_queue = 1'000;
constexpr std::uint64_t memory_for_sealing = 256ULL << 20;

Result<crypto::Anchors> load_anchors(const std::optional<std::filesystem::path>& file) {
  if (!file) return crypto::Anchors();
  const auto pem = read_text_file(*file);
  if (!pem) return fail(pem.error());
  const auto roots = crypto::Certificate::parse_pem(*pem);
  if (!roots) return fail(roots.error().code, file->string() + ": " + roots.error().text);
  return crypto::Anchors(*roots);
}

Result<std::unique_ptr<crypto::OpenpgpEngine>> make_engine(const Config& config, const Clock& clock) {
  if (config.keys.openpgp == OpenpgpEngineName::librnp) return crypto::make_rnp_engine(clock);
  crypto::GpgmeEngineOptions options;
  options.folder = config.keys.gnupg_folder;
  return crypto::make_gpgme_engine(clock, options);
}

}  // namespace

Result<std::unique_ptr<crypto::KeyStore>> open_keys(const Config& config, const std::filesystem::path& base,
                                                    const Secret& kek, Random& random) {
  auto options = key_store_options(config, base, kek);
  if (!options) return fail(options.error());
  return crypto::open_key_store(std::move(*options), random);
}

Result<std::shared_ptr<const crypto::KeyIndex>> look_at_keys(const Config& config, const std::filesystem::path& base,
                                                             const Clock& clock, Random& random) {
  const auto* file = std::get_if<std::filesystem::path>(&config.keys.store);
  if (file != nullptr && !std::filesystem::exists(config.state / *file)) return nullptr;
  const auto keys = open_keys(config, base, {}, random);
  if (!keys) return fail(keys.error());
  if (auto read = (*keys)->refresh(clock.now()); !read) return fail(read.error());
  return (*keys)->index();
}

Result<KeySearch::Sources> make_key_sources(const Config& config, const std::filesystem::path& base,
                                            discovery::Resolver& resolver, net::Dialer& dialer,
                                            std::shared_ptr<const net::TlsClient> tls, const Clock& clock,
                                            Random& random) {
  auto loaded = load_directories(config, base);
  if (!loaded) return fail(loaded.error());
  const auto directories = std::make_shared<const std::vector<discovery::LdapDirectory>>(std::move(*loaded));
  KeySearch::Sources sources;
  sources.push_back(discovery::make_smimea_source(resolver));
  sources.push_back(discovery::make_openpgpkey_source(resolver));
  discovery::WkdOptions web;
  web.egress = config.egress_policy();
  sources.push_back(discovery::make_wkd_source(resolver, dialer, std::move(tls), clock, random, std::move(web)));
  for (const auto origin : {discovery::KeyOrigin::ldap, discovery::KeyOrigin::ldap_openpgp})
    sources.push_back(discovery::make_ldap_source(origin, directories, resolver, dialer, clock, random));
  return sources;
}

KeyService::KeyService(std::unique_ptr<crypto::KeyStore> keys, const Clock& clock)
    : clock_(clock),
      keys_(std::move(keys)),
      memory_(memory_for_sealing),
      pool_("seal", std::max(1U, std::thread::hardware_concurrency()), longest_queue),
      methods_{nullptr, nullptr, pool_, memory_, ready_} {}

Result<std::unique_ptr<KeyService>> KeyService::open(const Config& config, const std::filesystem::path& base,
                                                     const Secret& kek, const Clock& clock, Random& random,
                                                     const Outward& outward) {
  auto keys = open_keys(config, base, kek, random);
  if (!keys) return fail(keys.error());
  auto roots = load_anchors(config.keys.roots);
  if (!roots) return fail(roots.error());
  auto partners = config.keys.signer_roots ? load_anchors(config.keys.signer_roots) : roots;
  if (!partners) return fail(partners.error());

  std::unique_ptr<KeyService> service(new KeyService(std::move(*keys), clock));
  if (auto read = service->keys_->refresh(clock.now()); !read) return fail(read.error());
  auto sources = make_key_sources(config, base, outward.resolver, outward.dialer, outward.tls, clock, random);
  if (!sources) return fail(sources.error());
  service->search_ =
      std::make_unique<KeySearch>(std::move(*sources), *service->keys_, service->pool_, clock, outward.spawn);
  service->methods_.search = service->search_.get();
  if (config.keys.revocation != RevocationMode::off) {
    service->revocation_ = std::make_unique<RevocationService>(
        discovery::UrlFetch(outward.resolver, outward.dialer, clock, random, config.egress_policy()), *service->keys_,
        service->pool_, clock, outward.spawn);
    if (auto recalled = service->revocation_->recall(); !recalled) return fail(recalled.error());
    service->methods_.revocation = service->revocation_.get();
  }
  const RevocationAnswers* answers = service->revocation_ ? &service->revocation_->answers() : nullptr;
  const KeyRules rules{config.keys.use_found, base, config.keys.revocation, answers, service->search_.get()};
  service->methods_.smime = make_smime_method(*service->keys_, std::move(*roots), std::move(*partners), rules);
  auto engine = make_engine(config, clock);
  if (!engine) return fail(engine.error());
  service->methods_.openpgp = make_openpgp_method(*service->keys_, std::move(*engine), rules);
  return service;
}

net::awaitable<void> KeyService::keep_fresh() {
  bool well = true;
  for (;;) {
    co_await net::sleep_for(look_every);
    ready_.forget_old(clock_.now());
    const Result<void> read =
        co_await net::offload(pool_, [keys = keys_.get(), now = clock_.now()] { return keys->refresh(now); });
    if (!read && well) log::warning("the key store cannot be read, keys are as they were: {}", read.error().text);
    well = read.has_value();
  }
}

}  // namespace postern::gateway
