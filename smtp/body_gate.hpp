// Between a decoder and the Receiver: counts octets, bounds the header section, and once anything is wrong
// lets nothing more through while the peer goes on sending.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "mail/reply.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

class BodyGate {
 public:
  /// `open`: the session's transaction; a refusal ends it.
  BodyGate(Receiver& receiver, const ServerLimits& limits, bool& open)
      : receiver_(receiver), limits_(limits), open_(open) {}

  net::awaitable<void> pass(const std::vector<std::string_view>& pieces);
  /// So many octets came from the peer, whatever became of them.
  void came(std::uint64_t octets) { came_ += octets; }
  /// A refused body is read to its end, so that the reply finds its place – but not for ever.
  [[nodiscard]] bool endless() const { return refused_ && came_ / 4 > limits_.size; }
  /// For good; the first reason stays. The receiver hears of it once.
  void refuse(mail::Reply reply);
  [[nodiscard]] const std::optional<mail::Reply>& refused() const { return refused_; }

 private:
  /// How many octets of `piece` belong to the header section.
  std::size_t header_part(std::string_view piece);

  Receiver& receiver_;
  const ServerLimits& limits_;
  bool& open_;
  std::optional<mail::Reply> refused_;
  std::uint64_t came_ = 0;
  std::uint64_t octets_ = 0, header_octets_ = 0;  // given to the receiver
  bool in_header_ = true;
  std::size_t line_length_ = 0;
};

}  // namespace postern::smtp
