#include "gateway/revocation_answers.hpp"

namespace postern::gateway {
namespace {

bool names_somebody(const crypto::Certificate& certificate) {
  const crypto::RevocationSources sources = crypto::revocation_sources(certificate);
  return !sources.ocsp.empty() || !sources.crl.empty();
}

}  // namespace

crypto::RevocationAnswer chain_revocation(const std::vector<crypto::Certificate>& chain,
                                          const RevocationAnswers& answers, Time now) {
  crypto::RevocationAnswer worst{.status = crypto::RevocationStatus::good, .until = Time::max(), .text = ""};
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    crypto::RevocationAnswer one{.status = crypto::RevocationStatus::not_offered,
                                 .until = Time::max(),
                                 .text = "it names nobody who could be asked"};
    if (names_somebody(chain[i])) one = answers.find(chain[i], now);
    if (i > 0) one.text = "an authority above it: " + one.text;
    worst = i == 0 ? std::move(one) : crypto::worse(std::move(worst), std::move(one));
  }
  return worst;
}

std::vector<RevocationQuestion> due_questions(const std::vector<crypto::Certificate>& chain,
                                              const RevocationAnswers& answers, Time now) {
  std::vector<RevocationQuestion> due;
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    if (names_somebody(chain[i]) && answers.is_due(chain[i], now)) due.push_back({chain[i], chain[i + 1]});
  }
  return due;
}

}  // namespace postern::gateway
