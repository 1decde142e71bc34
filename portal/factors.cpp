#include "portal/factors.hpp"

#include <algorithm>

#include "base/time_codec.hpp"

namespace postern::portal {
namespace {

TotpFactor decode_totp(Reader& in) {
  const std::string secret = in.bytes(crypto::totp_secret_size);
  if (secret.size() != crypto::totp_secret_size) in.reject();
  TotpFactor totp{Secret(std::span(reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size()))};
  totp.last_step = in.u64();
  totp.since = decode_time(in);
  return totp;
}

PasskeyFactor decode_passkey(Reader& in) {
  PasskeyFactor factor;
  factor.passkey.id = in.bytes(crypto::longest_credential_id);
  factor.passkey.algorithm = -static_cast<int>(in.u64() & 0xFFFF);
  factor.passkey.key = in.bytes(crypto::longest_passkey_key);
  const std::uint64_t counter = in.u64();
  if (counter > UINT32_MAX) in.reject();
  factor.passkey.counter = static_cast<std::uint32_t>(counter);
  factor.since = decode_time(in);
  return factor;
}

}  // namespace

KnownFactors known_of(const Factors& factors) {
  KnownFactors known;
  if (factors.totp) known.app = factors.totp->since;
  for (const PasskeyFactor& one : factors.passkeys)
    known.passkeys.emplace_back(one.passkey.id, one.since);
  return known;
}

void encode(Writer& out, const Factors& factors) {
  out.boolean(factors.totp.has_value());
  if (factors.totp) {
    out.bytes(factors.totp->secret.text());
    out.u64(factors.totp->last_step);
    encode_time(out, factors.totp->since);
  }
  out.u64(factors.passkeys.size());
  for (const PasskeyFactor& factor : factors.passkeys) {
    out.bytes(factor.passkey.id);
    out.u64(static_cast<std::uint64_t>(-factor.passkey.algorithm));  // COSE's are negative
    out.bytes(factor.passkey.key);
    out.u64(factor.passkey.counter);
    encode_time(out, factor.since);
  }
}

Factors decode_factors(Reader& in) {
  Factors factors;
  if (in.boolean()) factors.totp = decode_totp(in);
  for (std::size_t left = in.count(most_passkeys); left > 0 && in.ok(); --left)
    factors.passkeys.push_back(decode_passkey(in));
  return factors;
}

PasskeyFactor* find_passkey(Factors& factors, std::string_view credential_id) {
  const auto found = std::ranges::find(factors.passkeys, credential_id,
                                       [](const PasskeyFactor& one) -> std::string_view { return one.passkey.id; });
  return found == factors.passkeys.end() ? nullptr : &*found;
}

bool note(Factors& factors, const Used& used) {
  if (const auto* step = std::get_if<UsedStep>(&used)) {
    if (!factors.totp || step->step <= factors.totp->last_step) return false;
    factors.totp->last_step = step->step;
    return true;
  }
  const auto& [id, counter] = std::get<UsedPasskey>(used);
  PasskeyFactor* const factor = find_passkey(factors, id);
  if (factor == nullptr) return false;
  factor->passkey.counter = std::max(factor->passkey.counter, counter);
  return true;
}

}  // namespace postern::portal
