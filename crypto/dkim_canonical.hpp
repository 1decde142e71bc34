// The canonical forms of a message (RFC 6376 §3.4): what a relay may change without harm is the same in all of them.
//
//   std::string line = canonical_field(field, Canonical::relaxed);
//   CanonicalBody body(Canonical::relaxed);
//   body.append(piece, sink); … body.finish(sink);      // pieces of any size; `sink` gets the canonical octets in
//   order
//
// A body costs the same memory whatever is in it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace postern::crypto {

enum class Canonical { simple, relaxed };

/// A header field with its CRLF, if it has one; the result always has one.
[[nodiscard]] std::string canonical_field(std::string_view field, Canonical form);

class CanonicalBody {
 public:
  using Sink = std::function<void(std::string_view)>;

  explicit CanonicalBody(Canonical form) : form_(form) {}
  void append(std::string_view piece, const Sink& sink);
  /// The end of the body, once.
  void finish(const Sink& sink);

 private:
  void take(std::string_view text, const Sink& sink);
  void take_unchanged(std::string_view lines, const Sink& sink);
  void content(std::string_view text, const Sink& sink);
  void put(std::string_view text, const Sink& sink);
  void flush(const Sink& sink);

  Canonical form_;
  std::string out_;              // on its way to the sink
  std::uint64_t line_ends_ = 0;  // held back: at the end of the body they do not count
  bool blank_ = false;           // held back: at the end of a line it does not count; relaxed only
  bool after_cr_ = false;
  bool empty_ = true;  // nothing but line ends so far
};

}  // namespace postern::crypto
