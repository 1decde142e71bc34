// Times in the byte form of base/codec.hpp: milliseconds since 1970.
#pragma once

#include "base/clock.hpp"
#include "base/codec.hpp"

namespace postern {

inline void encode_time(Writer& out, Time time) {
  out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

/// What is behind the year 9999 is rejected: no calendar of ours writes it.
[[nodiscard]] inline Time decode_time(Reader& in) {
  constexpr std::uint64_t year_9999 = 253'402'300'799'000;
  const std::uint64_t milliseconds = in.u64();
  if (milliseconds > year_9999) return in.reject(), Time();
  return Time(Duration(static_cast<std::int64_t>(milliseconds)));
}

}  // namespace postern
