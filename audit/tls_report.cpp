#include "audit/tls_report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace postern::audit {
namespace {

namespace json = boost::json;

std::string_view name_of(mail::ReportedPolicy::Type type) {
  switch (type) {
    case mail::ReportedPolicy::Type::no_policy_found: return "no-policy-found";
    case mail::ReportedPolicy::Type::sts: return "sts";
    case mail::ReportedPolicy::Type::tlsa: return "tlsa";
  }
  return "";
}

json::object object_of(const mail::ReportedPolicy& policy) {
  json::object object{{"policy-type", name_of(policy.type)}, {"policy-domain", policy.domain}};
  if (!policy.strings.empty()) object["policy-string"] = json::array(policy.strings.begin(), policy.strings.end());
  if (!policy.mx.empty()) object["mx-host"] = json::array(policy.mx.begin(), policy.mx.end());
  return object;
}

json::object object_of(const mail::TlsFailure& failure, std::uint64_t count) {
  json::object object{{"result-type", mail::format_tls_failure(failure.type)}, {"failed-session-count", count}};
  const auto put = [&](std::string_view key, const std::string& text) {
    if (!text.empty()) object[key] = text;
  };
  put("sending-mta-ip", failure.sending_ip);
  put("receiving-mx-hostname", failure.host);
  put("receiving-ip", failure.receiving_ip);
  put("failure-reason-code", failure.reason);
  return object;
}

json::object object_of(const mail::ReportedPolicy& policy, const mail::TlsCounts& counts) {
  json::object object{{"policy", object_of(policy)},
                      {"summary", json::object{{"total-successful-session-count", counts.successful},
                                               {"total-failure-session-count", counts.failures()}}}};
  json::array details;
  for (const auto& [failure, count] : counts.failed)
    details.push_back(object_of(failure, count));
  if (!details.empty()) object["failure-details"] = std::move(details);
  return object;
}

/// RFC 3339 to the second, as the RFC's example has it.
std::string seconds_of(Time time) {
  return format_rfc3339(time).substr(0, 19) + "Z";
}

std::string epoch_of(Time time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

}  // namespace

std::string format_tls_report(const TlsReport& report) {
  json::array policies;
  for (const auto& [policy, counts] : report.tally)
    policies.push_back(object_of(policy, counts));
  return json::serialize(json::object{{"organization-name", report.organization},
                                      {"date-range", json::object{{"start-datetime", seconds_of(report.begin)},
                                                                  {"end-datetime", seconds_of(report.end)}}},
                                      {"contact-info", report.contact},
                                      {"report-id", report.id},
                                      {"policies", std::move(policies)}});
}

std::string tls_report_filename(const TlsReport& report, const std::string& submitter) {
  return submitter + "!" + report.domain + "!" + epoch_of(report.begin) + "!" + epoch_of(report.end) + "!" + report.id +
         ".json.gz";
}

}  // namespace postern::audit
