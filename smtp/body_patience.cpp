#include "smtp/body_patience.hpp"

#include <algorithm>

namespace postern::smtp {

std::chrono::milliseconds BodyPatience::left() const {
  using std::chrono::milliseconds;
  const milliseconds earned{octets_ / rate_ * 1000 + octets_ % rate_ * 1000 / rate_};
  return std::clamp(block_ + earned - waited_, milliseconds{0}, block_);
}

}  // namespace postern::smtp
