#include "base/ids.hpp"

#include <array>

namespace postern {
namespace {
constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t id_length = 26;
}  // namespace

QueueId QueueId::make(Time now, Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  const auto ms = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (std::size_t i = 0; i < 6; ++i)
    bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  random.fill(std::span(bytes).subspan(6));

  std::string text(id_length, '0');
  std::uint32_t window = 0;  // 128 bits read from the right, five at a time
  int held = 0;
  std::size_t next = bytes.size();
  for (std::size_t at = id_length; at-- > 0;) {
    if (held < 5 && next > 0) {
      window |= static_cast<std::uint32_t>(bytes[--next]) << held;
      held += 8;
    }
    text[at] = alphabet[window & 31];
    window >>= 5;
    held -= 5;
  }
  return QueueId(std::move(text));
}

Result<QueueId> QueueId::parse(std::string_view text) {
  if (text.size() != id_length || text.find_first_not_of(alphabet) != std::string_view::npos) {
    return fail(Errc::invalid, "not a queue id (26 characters of 0-9 and A-Z without I, L, O, U)");
  }
  return QueueId(std::string(text));
}

}  // namespace postern
