// Between a decoder and the Receiver: counts octets, bounds the header section, and once anything is wrong lets nothing
// more through while the peer goes on sending.
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
  /// For good; the first reason stays. The receiver hears of it once.
  void refuse(mail::Reply reply);
  [[nodiscard]] const std::optional<mail::Reply>& refused() const { return refused_; }

 private:
  void meter_header(std::string_view piece);

  Receiver& receiver_;
  const ServerLimits& limits_;
  bool& open_;
  std::optional<mail::Reply> refused_;
  std::uint64_t octets_ = 0;
  bool in_header_ = true;
  std::size_t line_length_ = 0;
};

}  // namespace postern::smtp
