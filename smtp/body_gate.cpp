#include "smtp/body_gate.hpp"

#include "smtp/replies.hpp"

namespace postern::smtp {

net::awaitable<void> BodyGate::pass(const std::vector<std::string_view>& pieces) {
  for (const std::string_view piece : pieces) {
    if (refused_) co_return;
    octets_ += piece.size();
    header_octets_ += header_part(piece);
    if (octets_ > limits_.size) refuse(replies::too_large());
    if (header_octets_ > limits_.header) refuse(replies::header_too_large());
    if (!refused_) co_await receiver_.body(piece);
  }
}

/// The header section ends at the first empty line; pieces may be cut anywhere, and lines end with CRLF by
/// now.
std::size_t BodyGate::header_part(std::string_view piece) {
  std::size_t at = 0;
  while (in_header_ && at < piece.size()) {
    if (piece[at++] != '\n') {
      ++line_length_;
    } else {
      in_header_ = line_length_ != 1;  // its CR alone
      line_length_ = 0;
    }
  }
  return at;
}

void BodyGate::refuse(mail::Reply reply) {
  if (refused_) return;
  refused_ = std::move(reply);
  open_ = false;
  receiver_.abandon();
}

}  // namespace postern::smtp
