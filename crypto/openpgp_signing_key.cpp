#include "crypto/openpgp_signing_key.hpp"

#include <limits>

namespace postern::crypto {
namespace {

std::optional<Time> valid_until(rnp_key_handle_t key) {
  const auto seconds = rnp::ask<std::uint64_t>(rnp_key_valid_till64, key);
  if (seconds > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;  // it does not expire
  return Time(std::chrono::seconds(seconds));
}

}  // namespace

std::string signer_name(const OpenpgpSigner& signer) {
  return "OpenPGP signing key " + signer.fingerprint;
}

Result<SigningKey> read_signing_key(const OpenpgpSigner& signer) {
  SigningKey key;
  key.context = rnp::make_context();
  const rnp::Input input = rnp::read_memory(signer.key.text());
  const rnp_result_t done =
      rnp_load_keys(key.context.get(), "GPG", input.get(), RNP_LOAD_SAVE_PUBLIC_KEYS | RNP_LOAD_SAVE_SECRET_KEYS);
  const rnp::Key primary = rnp::find_key(key.context.get(), signer.fingerprint);
  if (done != RNP_SUCCESS || !primary) return rnp::failed(Errc::invalid, signer_name(signer) + " cannot be read", done);
  rnp_key_handle_t part = nullptr;
  if (rnp_key_get_default_key(primary.get(), "sign", 0, &part) != RNP_SUCCESS)
    return fail(Errc::invalid, signer_name(signer) + " cannot sign: no part of it is for that, or it does not hold");
  key.part.reset(part);
  if (!rnp::ask<bool>(rnp_key_have_secret, part) || rnp::ask<bool>(rnp_key_is_locked, part))
    return fail(Errc::invalid, signer_name(signer) + " cannot sign: its secret part is missing, or has a pass phrase");
  key.fingerprint = rnp::fingerprint(part);
  key.until = valid_until(part);
  return key;
}

Result<void> check_not_expired(const OpenpgpSigner& signer, std::optional<Time> until, Time now) {
  if (!until || now < *until) return {};
  return fail(Errc::invalid, signer_name(signer) + " expired " + format_rfc3339(*until));
}

}  // namespace postern::crypto
