#include "gateway/signing.hpp"

#include "base/log.hpp"
#include "crypto/dkim.hpp"
#include "crypto/dkim_signature.hpp"
#include "crypto/dkim_verify.hpp"
#include "mail/headers.hpp"

namespace postern::gateway {
namespace {

constexpr std::size_t longest_header = 1U << 20;  // octets; a session takes less

/// What is signed of a kept message.
struct ToSign {
  std::string section;
  std::string body_hash;
};

/// The body is read on only where its record has no hash of it.
Result<ToSign> read_to_sign(spool::Spool& spool, const spool::MessageRecord& message) {
  const auto reader = spool.open_body(message);
  if (!reader) return fail(reader.error());
  std::string begun;
  std::optional<std::size_t> length;
  bool ended = false;
  while (!length && !ended) {
    auto piece = (*reader)->next();
    if (!piece) return fail(piece.error());
    ended = piece->empty();
    begun += *piece;
    length = mail::header_length(begun);
    if (begun.size() > longest_header && !length) return fail(Errc::limit, "its header section is too long");
  }
  ToSign found{begun.substr(0, length.value_or(begun.size())), message.dkim_body_hash};
  if (!found.body_hash.empty()) return found;

  crypto::DkimBodyHash hash;
  hash.update(std::string_view(begun).substr(found.section.size()));
  while (!ended) {
    const auto piece = (*reader)->next();
    if (!piece) return fail(piece.error());
    ended = piece->empty();
    hash.update(*piece);
  }
  found.body_hash = hash.finish();
  return found;
}

Result<std::string> sign(spool::Spool& spool, const spool::MessageRecord& message,
                         const std::vector<crypto::DkimKey>& keys) {
  const auto found = read_to_sign(spool, message);
  if (!found) return fail(found.error());
  return crypto::sign_dkim(found->section, found->body_hash, keys, message.accepted);
}

bool is_at_or_above(const mail::Domain& domain, const mail::Domain& below) {
  return mail::domain_matches("." + domain.str(), below);
}

}  // namespace

void ArrivingBody::update(std::string_view octets) {
  const std::size_t header = std::min(header_left_, octets.size());
  header_left_ -= header;
  hash_.update(octets.substr(header));
}

net::awaitable<Result<std::string>> dkim_fields(Services& services, const spool::MessageRecord& message) {
  auto keys = services.dkim.get()->for_mail(message.envelope);
  if (keys.empty()) co_return std::string();
  auto fields = co_await net::offload(
      services.disk, [&spool = services.spool, message, keys = std::move(keys)] { return sign(spool, message, keys); });
  if (fields) co_return fields;
  const std::string id = message.envelope.id.str();
  if (fields.error().code == Errc::limit) {
    log::warning("{} leaves without a DKIM signature: {}", id, fields.error().text);
    co_return std::string();
  }
  log::error("{} cannot be signed now and waits: {}", id, fields.error().text);
  co_return fail(fields.error().code, "the message could not be signed (DKIM): " + fields.error().text);
}

std::vector<mail::Evidence> dkim_evidence(std::string_view section, const mail::Domain& from, Time at) {
  std::vector<mail::Evidence> keys;
  const mail::HeaderView headers(section);
  for (const mail::Field& field : headers.all("DKIM-Signature")) {
    const auto signature = crypto::parse_dkim_signature(field.raw);
    if (signature && is_at_or_above(signature->domain, from))
      keys.emplace_back(mail::ConfiguredEvidence{
          "DKIM key that signs", "selector " + signature->selector + " of " + signature->domain.str(), at});
  }
  return keys;
}

Result<std::string> sign_changed(std::string message, const mail::Envelope& envelope,
                                 const std::vector<crypto::DkimKey>& keys, Time at) {
  const mail::Domain& from = envelope.header_from.domain();
  const auto ours = [&from](const mail::Domain& domain) { return is_at_or_above(domain, from); };
  // That the body is another shows without a key, and nobody need be asked for one.
  const auto no_key = [](const std::string&) -> Result<std::optional<std::string>> { return std::nullopt; };
  const std::size_t before = mail::header_length(message).value_or(message.size());
  message.replace(0, before, crypto::without_broken_signatures(message, ours, no_key, at));
  if (keys.empty()) return message;
  const std::size_t header = mail::header_length(message).value_or(message.size());
  crypto::DkimBodyHash body;
  body.update(std::string_view(message).substr(header));
  auto fields = crypto::sign_dkim(std::string_view(message).substr(0, header), body.finish(), keys, at);
  if (fields) return *fields + message;
  if (fields.error().code != Errc::limit) return fields;
  log::warning("{} leaves without a DKIM signature: {}", envelope.id.str(), fields.error().text);
  return message;
}

}  // namespace postern::gateway
