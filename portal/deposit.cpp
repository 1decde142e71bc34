#include "portal/deposit.hpp"

#include <algorithm>
#include <array>

#include "base/base64.hpp"
#include "base/time_codec.hpp"
#include "crypto/pickup_key.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t lookup_octets = 16, lookup_length = 22, longest_tenant = 200;
constexpr std::size_t longest_text = 1000, longest_sealed = 16U << 10;
constexpr std::uint8_t content_stream = 0, card_stream = 1;

crypto::ChunkLabel card_label(const QueueId& deposit) {
  return {deposit, card_stream, 0, true};
}

void encode(Writer& out, const Pickup& pickup) {
  for (const std::string* part : {&pickup.lookup, &pickup.salt, &pickup.wrapped_key, &pickup.card})
    out.bytes(*part);
}

Pickup decode_pickup(Reader& in) {
  Pickup pickup;
  for (std::string* part : {&pickup.lookup, &pickup.salt, &pickup.wrapped_key, &pickup.card})
    *part = in.bytes(longest_sealed);
  if (!is_lookup(pickup.lookup) || pickup.salt.size() != crypto::pickup_salt_size) in.reject();
  return pickup;
}

constexpr std::string_view account_mark = "account";  // where others have the salt of a passphrase

/// Those that ask for nothing besides the link say nothing of it: so were all, once.
void encode(Writer& out, const Card& card) {
  out.bytes(card.recipient);
  out.bytes(card.language);
  out.boolean(card.replies);
  out.texts(card.others);
  if (card.passphrase) crypto::encode(out, *card.passphrase);
  if (!card.account) return;
  for (const std::string_view part : {account_mark, std::string_view(card.account->account),
                                      std::string_view(card.account->half), std::string_view(card.account->ephemeral)})
    out.bytes(part);
}

AccountLock decode_account_lock(Reader& in) {
  AccountLock lock;
  if (in.bytes(longest_text) != account_mark) in.reject();
  for (std::string* part : {&lock.account, &lock.half, &lock.ephemeral})
    *part = in.bytes(longest_text);
  const std::size_t size = lock.half.empty() ? 0 : crypto::x25519_size;
  if (lock.account.empty() || lock.half.size() != size || lock.ephemeral.size() != size) in.reject();
  return lock;
}

Card decode_card(Reader& in) {
  Card card;
  card.recipient = in.bytes(longest_text);
  card.language = in.bytes(longest_text);
  if (in.finished()) return card;  // as it was before there were replies
  card.replies = in.boolean();
  card.others = in.texts<std::vector<std::string>>(most_others, longest_text);
  if (!in.ok() || in.finished()) return card;
  if (Reader ahead = in; ahead.bytes(longest_text) == account_mark)
    card.account = decode_account_lock(in);
  else
    card.passphrase = crypto::decode_stretching(in);
  return card;
}

Secret key_for(const Secret& link, const AccountLock& lock, const Secret& agreed, std::string_view salt) {
  return crypto::account_key(link, {agreed, lock.ephemeral, lock.half}, salt);
}

}  // namespace

std::string random_octets(Random& random, std::size_t size) {
  std::vector<std::uint8_t> octets(size);
  random.fill(octets);
  return {octets.begin(), octets.end()};
}

std::string make_lookup(Random& random) {
  return format_base64url(random_octets(random, lookup_octets));
}

bool is_lookup(std::string_view text) {
  return text.size() == lookup_length && parse_base64url(text).has_value();
}

Result<ForAccount> lock_for(const AccountKey& account, Random& random) {
  ForAccount made{{account.name, account.half, {}}, {}};
  if (account.half.empty()) return made;
  crypto::X25519Pair ephemeral = crypto::make_x25519_pair(random);
  auto agreed = crypto::agree_x25519(ephemeral.secret, account.half);
  if (!agreed) return fail(agreed.error());
  made.lock.ephemeral = std::move(ephemeral.open);
  made.agreed = std::move(*agreed);
  return made;
}

Pickup make_pickup(const QueueId& deposit, std::string lookup, const Secret& link, const Secret& content, Card card,
                   Random& random, const Besides& besides) {
  Pickup pickup;
  pickup.lookup = std::move(lookup);
  pickup.salt = random_octets(random, crypto::pickup_salt_size);
  const crypto::PickupKeys keys = crypto::pickup_keys(link, pickup.salt);
  Secret key = keys.content;
  card.passphrase.reset();
  card.account.reset();
  if (const auto* passphrase = std::get_if<Stretched>(&besides)) {
    key = crypto::passphrase_key(link, passphrase->key, pickup.salt);
    card.passphrase = passphrase->how;
  } else if (const auto* account = std::get_if<ForAccount>(&besides)) {
    card.account = account->lock;
    if (!account->agreed.empty()) key = key_for(link, account->lock, account->agreed, pickup.salt);
  }
  pickup.wrapped_key = crypto::wrap_key(key, content);
  Writer written;
  encode(written, card);
  pickup.card = crypto::seal_chunk(keys.card, card_label(deposit), written.take());
  return pickup;
}

Result<Opened> open_pickup(const QueueId& deposit, const Pickup& pickup, const Secret& link) {
  const crypto::PickupKeys keys = crypto::pickup_keys(link, pickup.salt);
  const auto card = crypto::open_chunk(keys.card, card_label(deposit), pickup.card);
  if (!card) return fail(card.error());
  Reader in(*card);
  Opened opened{std::nullopt, decode_card(in)};
  if (!in.finished()) return fail(Errc::corrupt, "the card of a pick-up cannot be read");
  if (opened.card.passphrase || opened.card.account) return opened;
  auto content = crypto::unwrap_key(keys.content, pickup.wrapped_key);
  if (!content) return fail(content.error());
  opened.content = std::move(*content);
  return opened;
}

Result<Secret> open_content(const Pickup& pickup, const Secret& link, const Secret& stretched) {
  return crypto::unwrap_key(crypto::passphrase_key(link, stretched, pickup.salt), pickup.wrapped_key);
}

Result<Secret> open_content(const Pickup& pickup, const Secret& link, const AccountLock& lock,
                            const crypto::X25519Pair& account) {
  if (lock.half.empty()) return crypto::unwrap_key(crypto::pickup_keys(link, pickup.salt).content, pickup.wrapped_key);
  if (lock.half != account.open) return fail(Errc::corrupt, "a pick-up was sealed for another password");
  const auto agreed = crypto::agree_x25519(account.secret, lock.ephemeral);
  if (!agreed) return fail(agreed.error());
  return crypto::unwrap_key(key_for(link, lock, *agreed, pickup.salt), pickup.wrapped_key);
}

crypto::ChunkLabel content_label(const QueueId& deposit, std::uint32_t index, std::uint32_t chunks) {
  return {deposit, content_stream, index, index + 1 == chunks};
}

void encode(Writer& out, const Deposit& deposit) {
  out.bytes(deposit.id.str());
  out.bytes(deposit.tenant);
  encode_time(out, deposit.expires);
  out.u64(deposit.size);
  out.u64(deposit.chunks);
  out.u64(deposit.pickups.size());
  for (const Pickup& pickup : deposit.pickups)
    encode(out, pickup);
}

Deposit decode_deposit(Reader& in) {
  Deposit deposit;
  const auto id = QueueId::parse(in.bytes(longest_text));
  if (!id) return in.reject(), deposit;
  deposit.id = *id;
  deposit.tenant = in.bytes(longest_tenant);
  deposit.expires = decode_time(in);
  deposit.size = in.u64();
  const std::uint64_t chunks = in.u64();
  if (deposit.size > largest_deposit || chunks != chunks_of(deposit.size)) return in.reject(), deposit;
  deposit.chunks = static_cast<std::uint32_t>(chunks);
  for (std::size_t left = in.count(most_pickups); left > 0 && in.ok(); --left)
    deposit.pickups.push_back(decode_pickup(in));
  if (deposit.pickups.empty()) in.reject();
  return deposit;
}

}  // namespace postern::portal
