#include "gateway/return_path.hpp"

#include <algorithm>

#include "crypto/loop_trace.hpp"
#include "gateway/load_config.hpp"
#include "mail/headers.hpp"

namespace postern::gateway {
namespace {

crypto::TraceSubject subject_of(const mail::Envelope& envelope) {
  return {envelope.origin.tenant, envelope.message_id, envelope.from};
}

Result<ReturnPath> load_path(const Config& config, const TenantConfig& tenant, const ReturnConfig& settings,
                             const std::filesystem::path& base) {
  ReturnPath path{tenant.tenant.name, settings.hop, nullptr, settings.marker_name, {}};
  net::TlsClientOptions options;
  if (auto ready = add_delivery_ca(config, options); !ready) return fail(ready.error());
  if (settings.certificate && settings.key) {
    const auto certificate = load_secret(*settings.certificate, base);
    if (!certificate) return fail(certificate.error());
    options.certificate_pem = certificate->text();
    auto key = load_secret(*settings.key, base);
    if (!key) return fail(key.error());
    options.key_pem = std::move(*key);
  }
  auto tls = net::TlsClient::make(options);
  if (!tls) return fail(tls.error());
  path.tls = std::move(*tls);
  if (settings.marker) {
    auto marker = load_header_value(*settings.marker, base);
    if (!marker) return fail(marker.error());
    path.marker = std::move(*marker);
  }
  return path;
}

}  // namespace

const ReturnPath* ReturnPaths::find(const std::string& tenant, const mail::Hop& hop) const {
  const auto* relay = std::get_if<mail::Relay>(&hop);
  if (relay == nullptr) return nullptr;
  const auto found = std::ranges::find_if(paths_, [&](const ReturnPath& path) {
    return path.tenant == tenant && path.hop.host == relay->host && path.hop.port == relay->port;
  });
  return found == paths_.end() ? nullptr : &*found;
}

std::string ReturnPaths::fields(const ReturnPath& path, const mail::Envelope& envelope, Time now) const {
  std::string out;
  if (!path.marker.empty()) out += path.marker_name + ": " + std::string(path.marker.text()) + "\r\n";
  const crypto::LoopTrace trace{envelope.origin.hops + 1, now};
  // RFC 5322 §2.1.1: folded, the line would be longer than 78.
  return out + std::string(crypto::loop_trace_name) + ":\r\n\t" +
         crypto::format_loop_trace(trace_key_, subject_of(envelope), trace) + "\r\n";
}

Result<std::shared_ptr<const ReturnPaths>> load_return_paths(const Config& config, const std::filesystem::path& base,
                                                             const Secret& kek) {
  std::vector<ReturnPath> paths;
  for (const TenantConfig& tenant : config.tenants) {
    for (const ReturnConfig& settings : tenant.returns) {
      auto path = load_path(config, tenant, settings, base);
      if (!path) return fail(path.error().code, "tenant " + tenant.tenant.name + ": " + path.error().text);
      paths.push_back(std::move(*path));
    }
  }
  return std::make_shared<ReturnPaths>(std::move(paths), crypto::loop_trace_key(kek));
}

unsigned hops_before(const mail::HeaderView& headers, const mail::Envelope& envelope, const Secret& key) {
  unsigned hops = 0;
  for (const mail::Field& field : headers.all(crypto::loop_trace_name)) {
    const auto trace = crypto::parse_loop_trace(key, subject_of(envelope), mail::unfold(field.raw));
    if (trace) hops = std::max(hops, trace->hop);
  }
  return hops;
}

}  // namespace postern::gateway
