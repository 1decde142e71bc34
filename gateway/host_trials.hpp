// What the hosts of one destination taught, put together: DESIGN.md's "When does a rung end?" over hosts. Pure.
#pragma once

#include <string>
#include <vector>

#include "mail/outcome.hpp"
#include "smtp/client_session.hpp"

namespace postern::gateway {

class HostTrials {
 public:
  void unreachable(const std::string& host, const std::string& address, const std::string& reason);
  void failed(const std::string& host, const std::string& address, const smtp::HostFailure& failure);

  /// For recipients whom no host took. `incapable` only where every host was reached, each is unable, and none merely
  /// down; one transient TLS failure makes it transient, since an attacker can cause it.
  [[nodiscard]] mail::Deferred outcome() const;

 private:
  struct Trial {
    std::string host, address;
    smtp::HostFailure failure;
  };
  std::vector<Trial> trials_;
};

}  // namespace postern::gateway
