#include "smtp/outgoing_body.hpp"

#include <utility>

namespace postern::smtp {
namespace {

constexpr std::size_t block_size = 64U << 10;

}  // namespace

std::string OutgoingBody::prefix() {
  begun_ = true;
  append(outbound_.prefix());
  return std::exchange(block_, {});
}

net::awaitable<std::string> OutgoingBody::next() {
  block_.reserve(block_size + block_size / 16);
  if (!begun_) append(outbound_.prefix());
  begun_ = true;
  while (!ended_ && !fault_ && block_.size() < block_size) {
    if (rest_.empty()) {
      piece_ = co_await body_.next();
      rest_ = piece_;
      octets_ += piece_.size();
      ended_ = piece_.empty();
      // Beyond the length that BDAT was told, content would be taken for commands.
      if (octets_ > outbound_.body_size()) fault_ = {"the body has another length than was kept", false};
      if (fault_) break;
    }
    const std::string_view taken = rest_.substr(0, block_size);
    rest_.remove_prefix(taken.size());
    append(taken);
  }
  if (ended_ && octets_ != outbound_.body_size()) fault_ = {"the body has another length than was kept", false};
  if (ended_ && checker_.after_cr()) fault_ = {"the message ends with a bare CR", true};
  if (fault_) co_return std::string();
  co_return std::exchange(block_, {});
}

void OutgoingBody::append(std::string_view piece) {
  if (checker_.check(piece) != mail::LineFault::none) {
    fault_ = {"the message holds a bare CR, a bare LF or a NUL", true};
  } else if (framing_ == Framing::dots) {
    stuffer_.append(piece, block_);
  } else {
    block_ += piece;
  }
}

}  // namespace postern::smtp
