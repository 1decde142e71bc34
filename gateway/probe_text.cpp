// A probe's report for a person.
#include "gateway/json_text.hpp"
#include "gateway/probe.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

std::string joined(const json::value& list, std::string_view between = ", ") {
  std::string out;
  for (const json::value& one : list.as_array())
    out += (out.empty() ? "" : std::string(between)) + std::string(one.get_string());
  return out;
}

std::string evidence_lines(const json::object& of, const std::string& indent) {
  std::string out;
  for (const json::value& line : of.at("evidence").as_array())
    out += indent + std::string(line.get_string()) + "\n";
  return out;
}

std::string session_lines(const json::object& session) {
  std::string out = "    " + text_of(session, "address") + ": ";
  const json::value* value = session.if_contains("tls");
  if (value == nullptr) return out + text_of(session, "trouble") + "\n";
  const json::object& tls = value->as_object();
  out += "TLS " + text_of(tls, "version") + ", " + text_of(tls, "cipher") + ", " + text_of(tls, "group") +
         ": reaches " + text_of(session, "level") + "\n";
  const std::string names = joined(tls.at("names"));
  out += "      certificate for " + (names.empty() ? "nobody" : names) + ", ";
  out += tls.at("chain_valid").get_bool() ? "trusted\n" : "not trusted: " + text_of(tls, "chain_error") + "\n";
  if (tls.contains("tlsa")) out += "      matches TLSA " + text_of(tls, "tlsa") + "\n";
  if (tls.contains("dane_error")) out += "      matches no TLSA record: " + text_of(tls, "dane_error") + "\n";
  if (tls.contains("requiretls")) out += "      offers REQUIRETLS\n";
  if (tls.contains("key")) out += "      " + text_of(tls, "key") + "\n";
  return out;
}

std::string host_lines(const json::object& host) {
  std::string out = "\n" + text_of(host, "host") + " (preference " +
                    std::to_string(host.at("preference").to_number<unsigned>()) + ")\n" + evidence_lines(host, "    ");
  if (host.contains("failure")) out += "    " + text_of(host, "failure") + "\n";
  const json::object& dane = host.at("dane").as_object();
  out += "    DANE: " + text_of(dane, "state") + (dane.contains("reason") ? ", " + text_of(dane, "reason") : "") + "\n";
  for (const json::value& session : host.at("sessions").as_array())
    out += session_lines(session.as_object());
  return out;
}

std::string sts_lines(const json::object& sts) {
  std::string out = "\nMTA-STS: " + text_of(sts, "state");
  if (sts.contains("mode")) {
    out += ", " + text_of(sts, "mode") + ", for " + joined(sts.at("mx"));
    out += "; id " + text_of(sts, "id") + ", until " + text_of(sts, "expires");
  }
  if (sts.contains("reason")) out += ", " + text_of(sts, "reason");
  return out + "\n" + evidence_lines(sts, "    ");
}

std::string key_lines(const json::object& source) {
  std::string out = "\n" + text_of(source, "source") + ": " + text_of(source, "result") +
                    (source.contains("reason") ? ", " + text_of(source, "reason") : "") +
                    (source.at("asked").get_bool() ? "" : " (no mail asks it: key_sources)") + "\n" +
                    evidence_lines(source, "    ");
  for (const json::value& value : source.at("keys").as_array()) {
    const json::object& key = value.as_object();
    out += "    " + text_of(key, "kind") + " " + text_of(key, "fingerprint") + ", " + text_of(key, "trust") +
           (key.contains("expires") ? ", until " + text_of(key, "expires") : "") +
           (key.contains("revoked") ? ", revoked" : "") + "\n";
  }
  return out;
}

std::string policy_lines(const std::string& what, const json::object& policy) {
  std::string out = what + "\n    " + joined(policy.at("ladder"), ", else ") + "\n";
  for (const json::value& value : policy.at("hosts").as_array()) {
    const json::object& host = value.as_object();
    out += "    " + text_of(host, "host") + " must reach " + text_of(host, "required") +
           (host.contains("unmet") ? ", and does not: " + text_of(host, "unmet") : ", and does") + "\n";
  }
  return out + "    It " + text_of(policy, "taken") + ".\n";
}

}  // namespace

std::string format_probe(const json::object& report) {
  std::string out = text_of(report, "domain") + ", asked of " + text_of(report, "resolver") +
                    (report.at("dnssec_trusted").get_bool() ? "" : " (whose word on DNSSEC is not trusted)") + "\n";
  const json::object& mx = report.at("mx").as_object();
  out += evidence_lines(mx, "    ");
  if (mx.contains("reason")) return out + "No mail goes there: " + text_of(mx, "reason") + "\n";
  if (const json::value* sts = report.if_contains("mta_sts")) out += sts_lines(sts->as_object());
  for (const json::value& host : report.at("hosts").as_array())
    out += host_lines(host.as_object());
  out += "\nThe least that a host which answers reaches: " + text_of(report, "level") + "\n";
  if (const json::value* keys = report.if_contains("keys")) {
    for (const json::value& source : keys->as_array())
      out += key_lines(source.as_object());
    out += "\n";
  }
  out += policy_lines("Mail that must be protected (tenant " + text_of(report, "tenant") + ")",
                      report.at("protect").as_object());
  return out + policy_lines("Other mail", report.at("deliver").as_object());
}

}  // namespace postern::gateway
