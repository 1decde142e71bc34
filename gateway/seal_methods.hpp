// The two ways of sealing, over the key store and an engine each.
#pragma once

#include <filesystem>
#include <memory>

#include "crypto/certificate_choice.hpp"
#include "crypto/key_store.hpp"
#include "crypto/openpgp.hpp"
#include "gateway/key_search.hpp"
#include "gateway/seal_method.hpp"

namespace postern::gateway {

struct KeyRules {
  bool use_found = false;      // also keys that nothing proves to be their owner's
  std::filesystem::path base;  // of relative references to private keys
  RevocationMode revocation = RevocationMode::off;
  const RevocationAnswers* answers = nullptr;  // null: as `off`
  const KeySearch* search = nullptr;           // null: nobody is asked for keys
};

/// `roots`: whose certificates for recipients are believed, where nobody pinned them. `partners`: what readers of our
/// signatures accept.
[[nodiscard]] std::unique_ptr<SealMethod> make_smime_method(crypto::KeyStore& keys, crypto::Anchors roots,
                                                            crypto::Anchors partners, KeyRules rules);

[[nodiscard]] std::unique_ptr<SealMethod> make_openpgp_method(crypto::KeyStore& keys,
                                                              std::unique_ptr<crypto::OpenpgpEngine> engine,
                                                              KeyRules rules);

}  // namespace postern::gateway
