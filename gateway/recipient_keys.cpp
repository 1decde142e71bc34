#include "gateway/recipient_keys.hpp"

#include <algorithm>

namespace postern::gateway {
namespace {

using discovery::KeyOrigin;

/// Nothing: an administrator brought it, or has pinned it since.
std::optional<KeyOrigin> looked_up_by(const crypto::KeyRecord& key) {
  return key.trust == crypto::Trust::pinned ? std::nullopt : discovery::parse_key_origin(key.source);
}

/// What it said last, if that still holds; else null.
const crypto::KeyLookup* in_force(const std::vector<crypto::KeyLookup>& lookups, KeyOrigin origin, Time at) {
  const auto found = std::ranges::find(lookups, discovery::format_key_origin(origin), &crypto::KeyLookup::source);
  return found != lookups.end() && found->until > at ? &*found : nullptr;
}

void add_line(std::string& lines, KeyOrigin origin, const std::string& line) {
  lines += (lines.empty() ? "" : "; ") + std::string(discovery::format_key_origin(origin)) + ": " + line;
}

}  // namespace

Result<KnownKeys> known_keys(crypto::KeyStore& store, const mail::Address& recipient,
                             const std::vector<KeyOrigin>& sources, const KeySearch* search, Time at) {
  auto found = store.find(recipient);
  if (!found) return fail(found.error());
  KnownKeys known;
  known.keys = std::move(*found);
  const bool asks = search != nullptr && !sources.empty();
  const auto was_found = [](const crypto::KeyRecord& key) { return looked_up_by(key).has_value(); };
  if (!asks && std::ranges::none_of(known.keys, was_found)) return known;

  const auto lookups = store.lookups(recipient);
  if (!lookups) return fail(lookups.error());
  std::erase_if(known.keys, [&](const crypto::KeyRecord& key) {
    const auto origin = looked_up_by(key);
    if (!origin) return false;
    return !asks || std::ranges::find(sources, *origin) == sources.end() || in_force(*lookups, *origin, at) == nullptr;
  });
  if (!asks) return known;
  for (const KeyOrigin origin : sources) {
    if (const crypto::KeyLookup* last = in_force(*lookups, origin, at)) {
      add_line(known.said, origin, last->said);
    } else {
      const std::string trouble = search->trouble(recipient, origin);
      add_line(known.unlearned, origin, trouble.empty() ? "no answer yet" : trouble);
    }
  }
  return known;
}

std::optional<mail::PublishedEvidence> found_by(const crypto::KeyRecord& key) {
  if (!looked_up_by(key)) return std::nullopt;
  return mail::PublishedEvidence{"key " + key.fingerprint, key.source, key.evidence, key.added};
}

Error none_usable(std::string why, const KnownKeys& known) {
  if (!known.said.empty()) why += "; looked up, " + known.said;
  if (known.unlearned.empty()) return {Errc::not_found, std::move(why)};
  return {Errc::unavailable, std::move(why) + "; who was asked for one gave no answer: " + known.unlearned};
}

}  // namespace postern::gateway
