#include "mail/evidence.hpp"

namespace postern::mail {
namespace {

struct Format {
  std::string operator()(const DnsEvidence& known) const {
    return known.type + " " + known.owner + ": " + known.answer + " (" + std::string(format_dns_status(known.status)) +
           (known.status >= DnsStatus::insecure ? ", " + std::to_string(known.ttl) + " s" : "") + ", " +
           known.resolver + ")";
  }
  std::string operator()(const ConfiguredEvidence& known) const {
    return known.what + ": " + known.answer + " (configuration)";
  }
  std::string operator()(const PublishedEvidence& known) const {
    return known.what + ": " + known.answer + " (" + known.source + ")";
  }
};

}  // namespace

std::string_view format_dns_status(DnsStatus status) {
  switch (status) {
    case DnsStatus::failed: return "failed";
    case DnsStatus::bogus: return "bogus";
    case DnsStatus::insecure: return "insecure";
    case DnsStatus::secure: return "secure";
  }
  return "";
}

std::string format_evidence(const Evidence& evidence) {
  return std::visit(Format{}, evidence);
}

}  // namespace postern::mail
