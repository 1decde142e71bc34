// Authorities by name, each asked alone: which of them vouches for a client's certificate? So that what one tenant
// trusts proves nothing to another. For net/ alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "base/error.hpp"
#include "net/tls.hpp"

namespace postern::net {

class ClientAuthorities {
 public:
  [[nodiscard]] Result<void> add(const NamedAuthority& authority);
  [[nodiscard]] bool empty() const { return named_.empty(); }
  /// The names of those that the peer's certificate chains up to, in time and for TLS clients. Of a whole handshake: a
  /// resumed session has no chain to show.
  [[nodiscard]] std::vector<std::string> vouching(SSL* ssl) const;

 private:
  struct Named {
    std::string name;
    std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store;
  };
  std::vector<Named> named_;
};

}  // namespace postern::net
