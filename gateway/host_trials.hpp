// What the hosts of one destination taught, put together: DESIGN.md's "When does a rung end?" over hosts. Pure.
#pragma once

#include <string>
#include <vector>

#include "mail/outcome.hpp"
#include "smtp/client_session.hpp"

namespace postern::gateway {

class HostTrials {
 public:
  void unreachable(const std::string& host, const std::string& address, const std::string& reason,
                   const mail::Basis& basis = {});
  void failed(const std::string& host, const std::string& address, const smtp::HostFailure& failure,
              const mail::Basis& basis = {});

  /// For recipients whom no host took. `incapable` only where every host was reached, each is unable, and none merely
  /// down; one transient TLS failure makes it transient, since an attacker can cause it. A host that promised TLS and
  /// failed outweighs all.
  [[nodiscard]] mail::Deferred outcome() const;

 private:
  struct Trial {
    std::string host, address;
    smtp::HostFailure failure;
    mail::Basis basis;
  };
  std::vector<Trial> trials_;
};

}  // namespace postern::gateway
