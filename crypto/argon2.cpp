#include "crypto/argon2.hpp"

#include <algorithm>

#include <argon2.h>

#include "crypto/seal.hpp"

namespace postern::crypto {

bool is_sensible(const Argon2Cost& cost) {
  constexpr Argon2Cost ours;
  return cost.lanes >= 1 && cost.lanes <= 4 * ours.lanes && cost.passes >= 1 && cost.passes <= 4 * ours.passes &&
         cost.kibibytes >= 8 * cost.lanes && cost.kibibytes <= 4 * ours.kibibytes;  // RFC 9106 §3.1: 8 at least
}

void encode(Writer& out, const Stretching& how) {
  out.bytes(how.salt);
  for (const std::uint32_t number : {how.cost.kibibytes, how.cost.passes, how.cost.lanes})
    out.u64(number);
}

Stretching decode_stretching(Reader& in) {
  Stretching how;
  how.salt = in.bytes(argon2_salt_size);
  for (std::uint32_t* number : {&how.cost.kibibytes, &how.cost.passes, &how.cost.lanes})
    *number = static_cast<std::uint32_t>(std::min<std::uint64_t>(in.u64(), UINT32_MAX));
  if (how.salt.size() != argon2_salt_size || !is_sensible(how.cost)) in.reject();
  return how;
}

Result<Secret> argon2id(const Secret& password, std::string_view salt, const Argon2Cost& cost) {
  Secret key(key_size), typed = password;
  std::string salted(salt);
  argon2_context context{};
  context.out = key.bytes().data();
  context.outlen = static_cast<std::uint32_t>(key.bytes().size());
  context.pwd = typed.bytes().data();
  context.pwdlen = static_cast<std::uint32_t>(typed.bytes().size());
  context.salt = reinterpret_cast<std::uint8_t*>(salted.data());
  context.saltlen = static_cast<std::uint32_t>(salted.size());
  context.t_cost = cost.passes;
  context.m_cost = cost.kibibytes;
  context.lanes = cost.lanes;
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.flags = ARGON2_DEFAULT_FLAGS;
  const int result = argon2id_ctx(&context);
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR) return fail(Errc::unavailable, "no memory for Argon2");
  if (result != ARGON2_OK) return fail(Errc::invalid, std::string("Argon2: ") + argon2_error_message(result));
  return key;
}

}  // namespace postern::crypto
