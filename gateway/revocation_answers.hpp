// Was a recipient's certificate revoked, as far as is known now? The sealing pool asks here and never waits; who finds
// out is the revocation service, on the I/O side.
//
//   if (auto due = due_questions(chain, answers, now); !due.empty()) …   co_await service.refresh(due)
//   RevocationAnswer known = chain_revocation(chain, answers, now);
#pragma once

#include <vector>

#include "crypto/revocation.hpp"

namespace postern::gateway {

struct RevocationQuestion {
  crypto::Certificate certificate, issuer;
};

/// Thread-safe; never waits.
class RevocationAnswers {
 public:
  virtual ~RevocationAnswers() = default;
  [[nodiscard]] virtual crypto::RevocationAnswer find(const crypto::Certificate& certificate, Time now) const = 0;
  /// Is it time to ask, for the first time or again?
  [[nodiscard]] virtual bool is_due(const crypto::Certificate& certificate, Time now) const = 0;
};

/// `chain`: from a certificate to its anchor, which nobody can revoke. The worst of its certificates counts.
[[nodiscard]] crypto::RevocationAnswer chain_revocation(const std::vector<crypto::Certificate>& chain,
                                                        const RevocationAnswers& answers, Time now);
[[nodiscard]] std::vector<RevocationQuestion> due_questions(const std::vector<crypto::Certificate>& chain,
                                                            const RevocationAnswers& answers, Time now);

}  // namespace postern::gateway
