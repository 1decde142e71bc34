// Text that came from a peer or a message. It cannot be printed, logged or sent by accident:
// `cleaned()` is the one way out, and every use of `raw()` is a place for a reviewer to look at.
#pragma once

#include <string>
#include <string_view>

namespace postern {

class Tainted {
 public:
  Tainted() = default;
  explicit Tainted(std::string raw) : raw_(std::move(raw)) {}

  /// Printable ASCII only, the rest replaced by '?', at most `limit` bytes ("…" is not added).
  [[nodiscard]] std::string cleaned(std::size_t limit = 256) const;
  [[nodiscard]] const std::string& raw() const { return raw_; }
  [[nodiscard]] bool empty() const { return raw_.empty(); }
  bool operator==(const Tainted&) const = default;

 private:
  std::string raw_;
};

}  // namespace postern
