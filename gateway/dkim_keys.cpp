#include "gateway/dkim_keys.hpp"

#include <algorithm>

#include "policy/signing.hpp"

namespace postern::gateway {
namespace {

Result<crypto::DkimKey> load_key(const DkimConfig& settings, const std::filesystem::path& base) {
  const auto pem = load_secret(settings.key, base);
  if (!pem) return fail(pem.error());
  auto key = crypto::PrivateKey::parse(*pem);
  if (!key) return fail(key.error().code, format_secret_ref(settings.key) + ": " + key.error().text);
  auto made = crypto::DkimKey::make(settings.domain, settings.selector, std::move(*key));
  if (!made) return fail(made.error().code, format_secret_ref(settings.key) + ": " + made.error().text);
  return made;
}

}  // namespace

std::vector<crypto::DkimKey> DkimKeys::for_mail(const mail::Envelope& envelope) const {
  const auto tenant = keys_.find(envelope.origin.tenant);
  if (tenant == keys_.end()) return {};
  std::vector<mail::Domain> domains;
  for (const Loaded& one : tenant->second)
    domains.push_back(one.key.domain());
  const auto signs = policy::signing_domain(envelope.origin, envelope.header_from.domain(), domains);
  std::vector<crypto::DkimKey> keys;
  for (const Loaded& one : tenant->second) {
    if (one.key.domain() == signs) keys.push_back(one.key);
  }
  return keys;
}

std::expected<std::shared_ptr<const DkimKeys>, std::vector<std::string>> load_dkim_keys(
    const Config& config, const std::filesystem::path& base) {
  DkimKeys::ByTenant keys;
  std::vector<std::string> wrong;
  for (const TenantConfig& tenant : config.tenants) {
    for (const DkimConfig& settings : tenant.dkim) {
      auto key = load_key(settings, base);
      if (key) {
        keys[tenant.tenant.name].push_back({settings.key, std::move(*key)});
      } else {
        wrong.push_back("tenant " + tenant.tenant.name + ": dkim " + settings.selector + " of " +
                        settings.domain.str() + ": " + key.error().text);
      }
    }
  }
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  return std::make_shared<DkimKeys>(std::move(keys));
}

std::string format_dkim_record(const crypto::DkimKey& key) {
  constexpr std::size_t longest_string = 255;  // RFC 1035 §3.3
  std::string text = key.record_name() + ". TXT";
  const std::string record = key.record();
  for (std::size_t at = 0; at < record.size(); at += longest_string)
    text += " \"" + record.substr(at, longest_string) + "\"";
  return text;
}

}  // namespace postern::gateway
