// Chains, by OpenSSL's path validation (RFC 5280 §6).
#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/certificate_choice.hpp"
#include "crypto/openssl.hpp"

namespace postern::crypto {
namespace {

using Context = std::unique_ptr<X509_STORE_CTX, Frees<X509_STORE_CTX_free>>;

using Stack = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * all) { sk_X509_free(all); })>;

/// 112 bits of strength: no SHA-1, no RSA below 2048 bits anywhere in the chain (RFC 8550 §4.3 calls them historic).
constexpr int strength = 2;

/// OpenSSL's two purposes for mail know neither keyAgreement nor anyExtendedKeyUsage (RFC 8550 §4.4.4). The leaf's are
/// judged by certificate_choice, and an authority may be for any purpose.
bool judged_elsewhere(X509_STORE_CTX* context) {
  if (X509_STORE_CTX_get_error(context) != X509_V_ERR_INVALID_PURPOSE) return false;
  if (X509_STORE_CTX_get_error_depth(context) == 0) return true;
  X509* authority = X509_STORE_CTX_get_current_cert(context);
  return X509_check_ca(authority) == 1 && (X509_get_extension_flags(authority) & EXFLAG_XKUSAGE) != 0 &&
         (X509_get_extended_key_usage(authority) & XKU_ANYEKU) != 0;
}

int overlook_what_is_judged_elsewhere(int good, X509_STORE_CTX* context) {
  if (good == 1) return 1;
  if (!judged_elsewhere(context)) return 0;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

std::vector<Certificate> taken_over(STACK_OF(X509) * chain) {
  std::vector<Certificate> all;
  for (int i = 0; i < sk_X509_num(chain); ++i)
    all.emplace_back(sk_X509_value(chain, i));
  sk_X509_free(chain);
  return all;
}

void demand(X509_VERIFY_PARAM* parameters, Anchors::For purpose, Time now) {
  X509_VERIFY_PARAM_set_purpose(
      parameters, purpose == Anchors::For::signing ? X509_PURPOSE_SMIME_SIGN : X509_PURPOSE_SMIME_ENCRYPT);
  X509_VERIFY_PARAM_set_time(parameters, std::chrono::system_clock::to_time_t(now));
  X509_VERIFY_PARAM_set_auth_level(parameters, strength);
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
}

}  // namespace

/// Signatures do not change: what was followed once is not followed again for each message.
struct Anchors::Found {
  struct Chain {
    std::vector<Certificate> chain;
    Time from{}, until{};  // when all of it is valid
  };
  static constexpr std::size_t most = 4096;

  std::mutex mutex;
  std::map<std::pair<std::string, For>, Chain> chains;  // by the leaf's DER
};

Anchors::Anchors(const std::vector<Certificate>& roots, std::vector<Certificate> intermediates)
    : store_(X509_STORE_new(), X509_STORE_free),
      intermediates_(std::move(intermediates)),
      found_(std::make_shared<Found>()) {
  const ErrorQueue errors;
  for (const Certificate& root : roots)
    X509_STORE_add_cert(store_.get(), root.get());
}

Result<std::vector<Certificate>> Anchors::chain(const Certificate& leaf, For purpose, Time now) const {
  const std::pair key(leaf.der(), purpose);
  {
    const std::lock_guard lock(found_->mutex);
    const auto known = found_->chains.find(key);
    if (known != found_->chains.end() && known->second.from <= now && now <= known->second.until)
      return known->second.chain;
  }
  auto followed = follow(leaf, purpose, now);
  if (!followed) return followed;
  Found::Chain found{*followed, Time::min(), Time::max()};
  for (const Certificate& one : *followed) {
    found.from = std::max(found.from, one.not_before());
    found.until = std::min(found.until, one.not_after());
  }
  const std::lock_guard lock(found_->mutex);
  if (found_->chains.size() >= Found::most) found_->chains.clear();
  found_->chains.insert_or_assign(key, std::move(found));
  return followed;
}

Result<std::vector<Certificate>> Anchors::follow(const Certificate& leaf, For purpose, Time now) const {
  const ErrorQueue errors;
  if (X509_get0_pubkey(leaf.get()) == nullptr)
    return errors.fail(Errc::invalid, "OpenSSL follows no chain from a key of its kind; an administrator may pin it");
  const Stack intermediates(sk_X509_new_null());
  for (const Certificate& one : intermediates_)
    sk_X509_push(intermediates.get(), one.get());
  const Context context(X509_STORE_CTX_new());
  if (!context || X509_STORE_CTX_init(context.get(), store_.get(), leaf.get(), intermediates.get()) != 1)
    return errors.fail(Errc::unavailable, "the chain cannot be built");
  demand(X509_STORE_CTX_get0_param(context.get()), purpose, now);
  X509_STORE_CTX_set_verify_cb(context.get(), overlook_what_is_judged_elsewhere);
  if (X509_verify_cert(context.get()) != 1) {
    const int why = X509_STORE_CTX_get_error(context.get());
    const int depth = X509_STORE_CTX_get_error_depth(context.get());
    return errors.fail(Errc::invalid, std::string(X509_verify_cert_error_string(why)) + " (at depth " +
                                          std::to_string(depth) + " of the chain)");
  }
  return taken_over(X509_STORE_CTX_get1_chain(context.get()));
}

}  // namespace postern::crypto
