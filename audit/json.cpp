// Events as JSON lines. The order of the fields is part of the format: docs/events.md lists it.
#include <array>

#include <boost/json.hpp>
#include <openssl/hmac.h>

#include "audit/event.hpp"
#include "base/hex.hpp"
#include "base/utf8.hpp"

namespace postern::audit {
namespace {

namespace json = boost::json;

/// Boost.JSON passes bytes through; a SIEM drops a line that is not UTF-8. Whatever is no text is replaced.
std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t octets = utf8_character(text);
    out += octets > 0 ? text.substr(0, octets) : "?";
    text.remove_prefix(std::max<std::size_t>(octets, 1));
  }
  return out;
}

void put(json::object& into, std::string_view name, std::string_view value) {
  if (!value.empty()) into.emplace(name, printable(value));
}

std::string keyed_hash(const std::string& key, std::string_view value) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(value.data()),
       value.size(), digest.data(), nullptr);
  return "hmac:" + format_hex(std::span(digest).first(16));
}

/// The domain is compared without case everywhere, the local part by most; so is it hashed.
std::string format_address(const std::string& address, const JsonOptions& options) {
  if (address.empty()) return {};
  switch (options.addresses) {
    case AddressForm::plain: return address;
    case AddressForm::domain: {
      const std::size_t at = address.rfind('@');
      return at == std::string::npos ? "*" : "*" + address.substr(at);
    }
    case AddressForm::hmac: return keyed_hash(options.hmac_key, lowered(address));
  }
  return {};
}

json::object format_tls(const mail::TlsFacts& tls, const std::string& tlsa) {
  json::object out;
  put(out, "version", mail::format_tls_version(tls.version));
  put(out, "cipher", tls.cipher);
  put(out, "group", tls.group);
  if (!tls.names.empty()) put(out, "peer", tls.names.front());
  out.emplace("verified", tls.chain_valid);
  put(out, "tlsa", tlsa);
  return out;
}

}  // namespace

std::string format_json(const Event& event, std::uint64_t event_id, const JsonOptions& options) {
  json::object out;
  out.emplace("id", event_id);
  out.emplace("time", format_rfc3339(event.at));
  out.emplace("event", format_event_kind(event.kind));
  put(out, "queue_id", event.queue_id.str());
  // A Message-ID names a person's host, sometimes the person: it follows the form of addresses.
  put(out, "message_id", format_address(event.message_id, options));
  put(out, "tenant", event.tenant);
  put(out, "listener", event.listener);
  put(out, "client", event.client_address);
  put(out, "sender", format_address(event.sender, options));
  put(out, "recipient", format_address(event.recipient, options));
  put(out, "action", event.action);
  if (!event.rules.empty()) {
    json::array& rules = out.emplace("rules", json::array()).first->value().as_array();
    for (const std::string& rule : event.rules)
      rules.emplace_back(printable(rule));
  }
  put(out, "policy", event.policy_hash);
  put(out, "route", event.route);
  put(out, "host", event.host);
  put(out, "host_address", event.host_address);
  if (event.tls.encrypted()) {
    out.emplace("tls", format_tls(event.tls, event.tlsa));
  } else if (event.kind == EventKind::delivered) {
    out.emplace("cleartext", true);  // said aloud: a rule of the SIEM must not depend on a field's absence
  }
  if (event.reply_code != 0) out.emplace("reply_code", event.reply_code);
  put(out, "status", event.status);
  put(out, "reason", event.reason);
  if (event.size != 0) out.emplace("size", event.size);
  if (event.attempt != 0) out.emplace("attempt", event.attempt);
  put(out, "origin", event.origin);
  put(out, "required", event.required);
  if (!event.evidence.empty()) {
    json::array& evidence = out.emplace("evidence", json::array()).first->value().as_array();
    for (const std::string& line : event.evidence)
      evidence.emplace_back(printable(line));
  }
  return json::serialize(out);
}

}  // namespace postern::audit
