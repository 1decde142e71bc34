// Mail that goes back into Microsoft 365 (route = { via = "return" }): we prove ourselves to the tenant's inbound
// connector with a client certificate, and mark the mail so that its rule does not send it to us once more.
//
//   if (const ReturnPath* back = paths.find(tenant, hop)) …      null: this hop is no return
//
// Like any relay it is not the recipient: protected mail takes it only where onward enforcement is attested. What we
// write on it is worth something to a stranger, so the connection must be verified, whatever the mail itself needs.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "gateway/config.hpp"
#include "mail/envelope.hpp"
#include "net/tls.hpp"

namespace postern::gateway {

struct ReturnPath {
  std::string tenant;
  mail::Relay hop;
  std::shared_ptr<const net::TlsClient> tls;  // with our certificate
  std::string marker_name;
  Secret marker;  // empty: there is none
};

class ReturnPaths {
 public:
  ReturnPaths() = default;
  ReturnPaths(std::vector<ReturnPath> paths, Secret trace_key)
      : paths_(std::move(paths)), trace_key_(std::move(trace_key)) {}

  [[nodiscard]] const ReturnPath* find(const std::string& tenant, const mail::Hop& hop) const;
  /// The fields that mail on this path gets, with their CRLFs: the marker, and the trace that counts hops.
  [[nodiscard]] std::string fields(const ReturnPath& path, const mail::Envelope& envelope, Time now) const;
  [[nodiscard]] const Secret& trace_key() const { return trace_key_; }

 private:
  std::vector<ReturnPath> paths_;
  Secret trace_key_;
};

[[nodiscard]] Result<std::shared_ptr<const ReturnPaths>> load_return_paths(const Config& config,
                                                                           const std::filesystem::path& base,
                                                                           const Secret& kek);

/// How often a message with these headers has left through us before; it is `subject`'s own.
[[nodiscard]] unsigned hops_before(const mail::HeaderView& headers, const mail::Envelope& envelope, const Secret& key);

}  // namespace postern::gateway
