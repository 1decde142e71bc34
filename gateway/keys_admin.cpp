#include "gateway/keys_admin.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "crypto/certificate.hpp"
#include "gateway/json_text.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;
using crypto::KeyRecord;

constexpr std::size_t at_once = 100;  // keys in one transaction: another process's change waits that long at most

json::value time_or_null(const std::optional<Time>& time) {
  return time ? json::value(format_rfc3339(*time)) : json::value(nullptr);
}

json::array texts(const std::vector<std::string>& all) {
  return json::array(all.begin(), all.end());
}

void describe_certificate(const std::string& der, json::object& to) {
  const auto certificate = crypto::Certificate::parse_der(der);
  if (!certificate) return;
  to["subject"] = certificate->subject();
  to["issuer"] = certificate->issuer();
  to["algorithm"] = crypto::format_key_algorithm(certificate->algorithm());
  to["bits"] = certificate->bits();
}

json::object show_key(const KeyRecord& key, bool closely) {
  json::object shown = {
      {"fingerprint", key.fingerprint},
      {"kind", crypto::format_key_kind(key.kind)},
      {"addresses", texts(key.addresses)},
      {"trust", crypto::format_trust(key.trust)},
      {"awaits_approval", key.awaits_approval},
      {"revoked", time_or_null(key.revoked)},
      {"not_before", format_rfc3339(key.not_before)},
      {"not_after", time_or_null(key.not_after)},
      {"source", key.source},
      {"evidence", key.evidence},
      {"added", format_rfc3339(key.added)},
  };
  if (closely && key.kind == crypto::KeyKind::certificate) describe_certificate(key.bytes, shown);
  return shown;
}

/// "ab:CD ef" as people copy it.
std::string bare_digits(const std::string& text) {
  std::string digits = lowered(text);
  std::erase_if(digits, [](char c) { return c == ':' || c == ' '; });
  return digits;
}

Result<std::string> only_one(const std::set<std::string>& fingerprints, const std::string& text) {
  if (fingerprints.empty()) return fail(Errc::not_found, "there is no key " + text);
  if (fingerprints.size() == 1) return *fingerprints.begin();
  std::string all;
  for (const std::string& one : fingerprints)
    all += "\n  " + one;
  return fail(Errc::invalid, "several keys are meant by " + text + ":" + all);
}

Result<std::string> checked_prefix(const std::string& text) {
  constexpr std::size_t least = 8;
  std::string digits = bare_digits(text);
  if (digits.size() < least || digits.find_first_not_of("0123456789abcdef") != std::string::npos)
    return fail(Errc::invalid,
                "a key is named by its fingerprint, 8 hexadecimal digits of it at least, or by an address");
  return digits;
}

json::array show_rejected(const crypto::Import& import) {
  json::array shown;
  for (const crypto::Rejected& one : import.rejected)
    shown.push_back({{"file", one.file}, {"reason", one.reason}});
  return shown;
}

json::object show_import(json::array stored, json::array rejected, std::size_t files) {
  const bool ok = rejected.empty();
  return {{"ok", ok}, {"files", files}, {"stored", std::move(stored)}, {"rejected", std::move(rejected)}};
}

std::string day_of(const json::object& key, const char* name) {
  return text_of(key, name).substr(0, 10);
}

std::string state_of(const json::object& key) {
  if (!text_of(key, "revoked").empty()) return "revoked";
  if (key.at("awaits_approval").as_bool() && text_of(key, "trust") != "refused") return "awaits approval";
  return text_of(key, "trust");
}

std::string joined(const json::object& object, const char* name) {
  std::string all;
  for (const json::value& one : object.at(name).as_array())
    all += (all.empty() ? "" : ", ") + std::string(one.as_string());
  return all;
}

std::string until_of(const json::object& key) {
  const std::string day = day_of(key, "not_after");
  return day.empty() ? "does not expire" : "until " + day;
}

}  // namespace

json::object show_keys(const std::vector<KeyRecord>& keys, bool closely) {
  json::array shown;
  for (const KeyRecord& key : keys)
    shown.push_back(show_key(key, closely));
  return {{"ok", true}, {"keys", std::move(shown)}};
}

json::object show_identities(const std::vector<crypto::SigningIdentity>& identities) {
  json::array shown;
  for (const crypto::SigningIdentity& one : identities) {
    const auto* reference = std::get_if<KeyReference>(&one.key);
    json::object identity = {
        {"fingerprint", one.fingerprint},
        {"kind", crypto::format_key_kind(one.kind)},
        {"addresses", texts(one.addresses)},
        {"private_key", reference != nullptr ? format_key_reference(*reference) : "sealed"},
        {"chain", one.chain.size()},
        {"not_before", format_rfc3339(one.not_before)},
        {"not_after", time_or_null(one.not_after)},
        {"source", one.source},
        {"added", format_rfc3339(one.added)},
    };
    if (one.kind == crypto::KeyKind::certificate) describe_certificate(one.bytes, identity);
    shown.push_back(std::move(identity));
  }
  return {{"ok", true}, {"identities", std::move(shown)}};
}

Result<std::string> resolve_key(crypto::KeyStore& store, const std::string& text, bool awaiting) {
  crypto::KeyFilter filter;
  if (text.find('@') != std::string::npos) {
    const auto address = crypto::parse_key_address(text);
    if (!address) return fail(address.error());
    filter.address = *address;
    if (awaiting) filter.awaits_approval = true;
  } else {
    const auto digits = checked_prefix(text);
    if (!digits) return digits;
    filter.fingerprint = *digits;
  }
  const auto keys = store.list(filter);
  if (!keys) return fail(keys.error());
  std::set<std::string> fingerprints;
  for (const KeyRecord& key : *keys)
    fingerprints.insert(key.fingerprint);
  return only_one(fingerprints, text);
}

Result<std::string> resolve_identity(crypto::KeyStore& store, const std::string& text) {
  const auto digits = checked_prefix(text);
  if (!digits) return digits;
  const auto identities = store.identities();
  if (!identities) return fail(identities.error());
  std::set<std::string> fingerprints;
  for (const crypto::SigningIdentity& one : *identities) {
    if (one.fingerprint.starts_with(*digits)) fingerprints.insert(one.fingerprint);
  }
  return only_one(fingerprints, text);
}

Result<json::object> store_import(crypto::KeyStore& store, const crypto::Import& import) {
  json::array stored, rejected = show_rejected(import);
  for (std::size_t begin = 0; begin < import.keys.size(); begin += at_once) {
    const std::size_t end = std::min(import.keys.size(), begin + at_once);
    const std::vector<KeyRecord> some(import.keys.begin() + static_cast<std::ptrdiff_t>(begin),
                                      import.keys.begin() + static_cast<std::ptrdiff_t>(end));
    const auto results = store.add(some);
    if (!results) return fail(results.error());
    for (std::size_t i = 0; i < some.size(); ++i) {
      const crypto::AddResult& result = (*results)[i];
      if (result.outcome == crypto::AddOutcome::refused) {
        rejected.push_back({{"file", some[i].source.substr(some[i].source.find(' ') + 1)}, {"reason", result.event}});
        continue;
      }
      json::object shown = show_key(some[i], false);
      shown["outcome"] = crypto::format_add_outcome(result.outcome);
      stored.push_back(std::move(shown));
    }
  }
  for (const crypto::SigningIdentity& one : import.identities)
    rejected.push_back({{"file", one.source.substr(one.source.find(' ') + 1)},
                        {"reason", "it holds a private key: postern keys identities import takes it"}});
  return show_import(std::move(stored), std::move(rejected), import.files);
}

Result<json::object> store_identities(crypto::KeyStore& store, const crypto::Import& import) {
  json::array rejected = show_rejected(import);
  for (const crypto::SigningIdentity& one : import.identities) {
    if (const auto added = store.add_identity(one); !added) return fail(added.error());
  }
  for (const KeyRecord& one : import.keys)
    rejected.push_back({{"file", one.source.substr(one.source.find(' ') + 1)},
                        {"reason", "a key without its private key: postern keys import takes it"}});
  std::vector<crypto::SigningIdentity> stored = import.identities;
  return show_import(show_identities(stored).at("identities").as_array(), std::move(rejected), import.files);
}

std::string format_keys(const json::object& answer) {
  std::string out;
  for (const json::value& value : answer.at("keys").as_array()) {
    const json::object& key = value.as_object();
    out += fmt::format("{:16}  {:11}  {:15}  {:16}  {}\n", text_of(key, "fingerprint").substr(0, 16),
                       text_of(key, "kind"), state_of(key), until_of(key), joined(key, "addresses"));
  }
  return out.empty() ? "no keys\n" : out;
}

std::string format_keys_closely(const json::object& answer) {
  std::string out;
  for (const json::value& value : answer.at("keys").as_array()) {
    const json::object& key = value.as_object();
    const auto line = [&](const char* name, const std::string& text) {
      if (!text.empty()) out += fmt::format("  {:11} {}\n", name, text);
    };
    out += text_of(key, "fingerprint") + "\n";
    line("kind", text_of(key, "kind"));
    line("addresses", joined(key, "addresses"));
    line("state", state_of(key));
    line("subject", text_of(key, "subject"));
    line("issuer", text_of(key, "issuer"));
    if (key.contains("bits"))
      line("algorithm", text_of(key, "algorithm") + " " + std::to_string(key.at("bits").as_int64()));
    line("valid", day_of(key, "not_before") + ", " + until_of(key));
    line("revoked", text_of(key, "revoked"));
    line("source", text_of(key, "source"));
    line("evidence", text_of(key, "evidence"));
    line("added", text_of(key, "added"));
  }
  return out;
}

std::string format_identities(const json::object& answer) {
  std::string out;
  for (const json::value& value : answer.at("identities").as_array()) {
    const json::object& one = value.as_object();
    out += fmt::format("{:16}  {:11}  {:16}  {}  ({})\n", text_of(one, "fingerprint").substr(0, 16),
                       text_of(one, "kind"), until_of(one), joined(one, "addresses"), text_of(one, "private_key"));
  }
  return out.empty() ? "no identities\n" : out;
}

std::string format_import(const json::object& answer) {
  std::string out;
  for (const json::value& value : answer.at("stored").as_array()) {
    const json::object& key = value.as_object();
    const std::string outcome = text_of(key, "outcome");
    out += fmt::format("{:9}  {:16}  {:11}  {:16}  {}\n", outcome.empty() ? "added" : outcome,
                       text_of(key, "fingerprint").substr(0, 16), text_of(key, "kind"), until_of(key),
                       joined(key, "addresses"));
  }
  for (const json::value& value : answer.at("rejected").as_array()) {
    const json::object& one = value.as_object();
    out += "rejected   " + text_of(one, "file") + ": " + text_of(one, "reason") + "\n";
  }
  return out + fmt::format("{} stored, {} rejected\n", answer.at("stored").as_array().size(),
                           answer.at("rejected").as_array().size());
}

}  // namespace postern::gateway
