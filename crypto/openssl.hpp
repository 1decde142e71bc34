// OpenSSL's objects with owners, and its error queue kept empty: cleared before, drained after, in the same function.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace postern::crypto {

template <auto free_it>
struct Frees {
  template <class T>
  void operator()(T* object) const {
    free_it(object);
  }
};
using Bio = std::unique_ptr<BIO, Frees<BIO_free_all>>;

/// A memory BIO that reads `bytes` without a copy; they must outlive it.
[[nodiscard]] Bio read_bio(std::string_view bytes);
[[nodiscard]] Bio write_bio();
/// What was written.
[[nodiscard]] std::string_view contents(const Bio& bio);

/// A time that cannot be told is the beginning of time: then what it bounds counts as expired, or as never valid.
[[nodiscard]] Time time_of(const ASN1_TIME* time);

/// While it lives, and after it, the queue of this thread holds nothing that was there before.
class ErrorQueue {
 public:
  ErrorQueue();
  ~ErrorQueue();
  ErrorQueue(const ErrorQueue&) = delete;
  ErrorQueue& operator=(const ErrorQueue&) = delete;
  /// `text` is for people; OpenSSL's own reasons become the detail. Empties the queue.
  [[nodiscard]] std::unexpected<Error> fail(Errc code, std::string text) const;
};

}  // namespace postern::crypto
