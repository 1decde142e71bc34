#include "crypto/dkim_verify.hpp"

#include "crypto/dkim_hash.hpp"

namespace postern::crypto {
namespace {

constexpr std::string_view field_name = "DKIM-Signature";
constexpr int least_bits_believed = 1024;  // RFC 8301 §3.2

DkimCheck verdict(DkimResult result, std::string reason = {}) {
  return {result, std::move(reason), {}, {}};
}

/// Nothing: the body is what was signed.
std::optional<DkimCheck> check_body(const DkimSignature& signature, std::string_view body) {
  DkimBodyHash hash(signature.body_form, signature.body_length);
  hash.update(body);
  const std::string now = hash.finish();
  if (signature.body_length && hash.cut_short(*signature.body_length))
    return verdict(DkimResult::body_changed, "the body is shorter than l= says");  // §3.5
  if (now != signature.body_hash) return verdict(DkimResult::body_changed, "the body is another");
  return std::nullopt;
}

DkimCheck check_key(const DkimSignature& signature, const DkimRecord& record, const std::string& header) {
  if (!record.key) return verdict(DkimResult::no_key, "the key is revoked");
  if (record.algorithm != signature.algorithm) return verdict(DkimResult::no_key, "the key is of another algorithm");
  if (record.same_domain && signature.identity != signature.domain)
    return verdict(DkimResult::no_key, "the key is not for domains below its own");
  if (record.algorithm == DkimAlgorithm::rsa_sha256 && record.bits() < least_bits_believed)
    return verdict(DkimResult::not_believed, "the key is too short");
  if (!dkim_signature_holds(record, header, signature.signature))
    return verdict(DkimResult::header_changed, "the signature is not of this header and key");
  return verdict(DkimResult::pass);
}

/// Cheap things first, the network last.
DkimCheck check(const DkimSignature& signature, std::string_view message, const mail::Field& field,
                const FindDkimKey& find, Time now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  if (signature.expires && seconds >= 0 && *signature.expires < static_cast<std::uint64_t>(seconds))
    return verdict(DkimResult::expired, "the signature has expired");
  const std::size_t length = mail::header_length(message).value_or(message.size());
  if (auto changed = check_body(signature, message.substr(length))) return *changed;

  const auto text = find(dkim_record_name(signature.selector, signature.domain));
  if (!text) return verdict(DkimResult::key_not_available, text.error().text);
  if (!*text) return verdict(DkimResult::no_key, "no key is published");
  const auto record = parse_dkim_record(**text);
  if (!record) return verdict(DkimResult::no_key, record.error().text);
  const std::string header =
      DkimHeaderText(message.substr(0, length), field.at).of(signature.names, signature.header_form) +
      unsigned_field(message.substr(field.at, field.size), signature.header_form);
  return check_key(signature, *record, header);
}

/// Of signatures only these say that what was signed is not what is there.
bool is_broken(DkimResult result) {
  switch (result) {
    case DkimResult::body_changed:
    case DkimResult::header_changed: return true;
    case DkimResult::pass:
    case DkimResult::no_key:
    case DkimResult::expired:
    case DkimResult::malformed:
    case DkimResult::not_believed:
    case DkimResult::key_not_available: break;
  }
  return false;
}

}  // namespace

std::string_view format_dkim_result(DkimResult result) {
  switch (result) {
    case DkimResult::pass: return "pass";
    case DkimResult::body_changed: return "body-changed";
    case DkimResult::header_changed: return "header-changed";
    case DkimResult::no_key: return "no-key";
    case DkimResult::expired: return "expired";
    case DkimResult::malformed: return "malformed";
    case DkimResult::not_believed: return "not-believed";
    case DkimResult::key_not_available: break;
  }
  return "key-not-available";
}

DkimCheck verify_dkim(std::string_view message, const mail::Field& field, const FindDkimKey& find, Time now) {
  const auto signature = parse_dkim_signature(field.raw);
  if (!signature) {
    const bool denied = signature.error().code == Errc::denied;
    return verdict(denied ? DkimResult::not_believed : DkimResult::malformed, signature.error().text);
  }
  DkimCheck checked = check(*signature, message, field, find, now);
  checked.domain = signature->domain;
  checked.selector = signature->selector;
  checked.covers_all = !signature->body_length;
  return checked;
}

std::string without_broken_signatures(std::string_view message, const std::function<bool(const mail::Domain&)>& ours,
                                      const FindDkimKey& find, Time now) {
  const std::string_view section = message.substr(0, mail::header_length(message).value_or(message.size()));
  const mail::HeaderView headers(section);
  std::string kept;
  std::size_t at = 0;
  for (const mail::Field& field : headers.all(field_name)) {
    const auto signature = parse_dkim_signature(field.raw);
    if (!signature || !ours(signature->domain) || !is_broken(verify_dkim(message, field, find, now).result)) continue;
    kept += section.substr(at, field.at - at);
    at = field.at + field.size;
  }
  return kept + std::string(section.substr(at));
}

}  // namespace postern::crypto
