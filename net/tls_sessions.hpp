// Sessions of TLS clients, kept for a while so that the next handshake with the same host costs no certificates. For
// net/ alone; thread-safe and bounded.
//
// A session is found only under the purpose that it was made for. What it proves is what its own handshake proved,
// under the authorities of the TlsClient that owns this: OpenSSL keeps the peer's certificate and the verdict on its
// chain inside the session. So that neither grows old: an hour at most, and not past the certificate's own end.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <openssl/ssl.h>

namespace postern::net {

using TlsSessionPtr = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

class TlsSessions {
 public:
  void put(const std::string& purpose, TlsSessionPtr session);
  /// Null where there is none. A TLS 1.3 session is given once (RFC 8446 §C.4: reuse would link connections).
  [[nodiscard]] TlsSessionPtr take(const std::string& purpose);
  void forget(const std::string& purpose);
  [[nodiscard]] std::size_t size() const;

  static constexpr std::size_t most = 1000, most_of_one = 4;

 private:
  struct Kept {
    std::string purpose;
    TlsSessionPtr session;
  };
  mutable std::mutex mutex_;
  std::list<Kept> kept_;  // the youngest last
  std::map<std::string, std::list<std::list<Kept>::iterator>> by_purpose_;
  void drop(std::list<Kept>::iterator one);
};

}  // namespace postern::net
