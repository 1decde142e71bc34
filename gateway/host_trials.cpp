#include "gateway/host_trials.hpp"

#include <algorithm>

namespace postern::gateway {

void HostTrials::unreachable(const std::string& host, const std::string& address, const std::string& reason,
                             const mail::Basis& basis) {
  smtp::HostFailure failure;
  failure.stage = mail::Stage::connect;
  failure.reason = reason;
  trials_.push_back({host, address, std::move(failure), basis});
}

void HostTrials::failed(const std::string& host, const std::string& address, const smtp::HostFailure& failure,
                        const mail::Basis& basis) {
  trials_.push_back({host, address, failure, basis});
}

mail::Deferred HostTrials::outcome() const {
  mail::Deferred deferred;
  if (trials_.empty()) {
    deferred.reason = "no host of this domain has an address";
    return deferred;
  }
  const auto taught = [](mail::TlsLesson lesson) {
    return [lesson](const Trial& trial) { return trial.failure.lesson == lesson; };
  };
  // The first host is the preferred one: its failure is the one worth telling, unless another says more about TLS.
  auto telling = std::ranges::find_if(trials_, taught(mail::TlsLesson::promise_broken));
  if (telling == trials_.end()) telling = std::ranges::find_if(trials_, taught(mail::TlsLesson::transient));
  const bool all_incapable = std::ranges::all_of(trials_, taught(mail::TlsLesson::incapable));
  const Trial& told = telling != trials_.end() ? *telling : trials_.front();

  deferred.stage = told.failure.stage;
  deferred.reason = told.failure.reason;
  deferred.reply = told.failure.reply;
  deferred.host = told.host;
  deferred.address = told.address;
  deferred.basis = told.basis;
  if (all_incapable) deferred.lesson = mail::TlsLesson::incapable;
  if (telling != trials_.end()) deferred.lesson = telling->failure.lesson;
  return deferred;
}

}  // namespace postern::gateway
