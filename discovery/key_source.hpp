// Where the world keeps people's keys: one interface over DNS, a domain's web server and directories. What comes is a
// candidate: bytes, and on what evidence they are the address's. What the bytes mean is crypto/'s to say, whether they
// are used policy's.
//
//   for (KeySource* source : sources) KeyAnswer answer = co_await source->find(address);
//
// "There is none" and "could not be learned" are two answers: only the first lets mail go on without the key.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "discovery/key_origin.hpp"
#include "mail/address.hpp"
#include "mail/evidence.hpp"
#include "net/awaitable.hpp"

namespace postern::discovery {

struct KeyCandidate {
  std::string bytes;     // DER of a certificate, or a transferable public key
  bool proven = false;   // who speaks for the domain says that it is the address's, provably
  std::string evidence;  // one line, without the address: "SMIMEA 3 0 0, secure, 127.0.0.1:53"
};

struct KeyAnswer {
  enum class Result { found, none, trouble };
  Result result = Result::trouble;
  std::vector<KeyCandidate> candidates;  // never none where it is `found`
  std::string reason;                    // of `none` and `trouble`, without the address
  std::chrono::seconds ttl{0};           // for how long the source itself lets it be kept
  std::vector<mail::Evidence> evidence;  // the look-ups
};

class KeySource {
 public:
  virtual ~KeySource() = default;
  [[nodiscard]] virtual KeyOrigin origin() const = 0;
  /// Ends in a bounded time.
  virtual net::awaitable<KeyAnswer> find(mail::Address address) = 0;
};

}  // namespace postern::discovery
