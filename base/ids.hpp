// QueueId: the name of one message, from acceptance to its last log line.
// 26 characters of Crockford base32: 48 bits of milliseconds, 80 bits of randomness. Sorts by time of arrival.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/random.hpp"

namespace postern {

class QueueId {
 public:
  QueueId() = default;  // the empty id: names nothing
  [[nodiscard]] static QueueId make(Time now, Random& random);
  [[nodiscard]] static Result<QueueId> parse(std::string_view text);

  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  auto operator<=>(const QueueId&) const = default;

 private:
  explicit QueueId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace postern
