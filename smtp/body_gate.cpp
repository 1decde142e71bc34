#include "smtp/body_gate.hpp"

#include "smtp/replies.hpp"

namespace postern::smtp {

net::awaitable<void> BodyGate::pass(const std::vector<std::string_view>& pieces) {
  for (const std::string_view piece : pieces) {
    if (refused_) co_return;
    octets_ += piece.size();
    if (in_header_) meter_header(piece);
    if (octets_ > limits_.size) refuse(replies::too_large());
    if (in_header_ && octets_ > limits_.header) refuse(replies::header_too_large());
    if (!refused_) co_await receiver_.body(piece);
  }
}

/// The header section ends at the first empty line; pieces may be cut anywhere, and lines end with CRLF by now.
void BodyGate::meter_header(std::string_view piece) {
  for (const char c : piece) {
    if (c == '\n') {
      if (line_length_ == 1) {  // its CR alone
        in_header_ = false;
        return;
      }
      line_length_ = 0;
    } else {
      ++line_length_;
    }
  }
}

void BodyGate::refuse(mail::Reply reply) {
  if (refused_) return;
  refused_ = std::move(reply);
  open_ = false;
  receiver_.abandon();
}

}  // namespace postern::smtp
