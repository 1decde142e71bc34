// What the two targets of bodies share: pieces, and what may never come out of a decoder.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/target.hpp"

namespace postern::fuzz {

constexpr std::size_t longest_line = 1000;

/// Pieces as long as the two digits of `cuts` say, in turn; until `take` has enough.
template <class Take>
void in_pieces(std::string_view in, std::uint8_t cuts, Take take) {
  for (bool big = false; !in.empty(); big = !big) {
    const std::size_t length = std::min<std::size_t>(in.size(), 1U + (big ? cuts >> 4U : cuts & 15U));
    const std::string piece(in.substr(0, length));  // of its own: a view that outlives it is found
    if (!take(std::string_view(piece))) return;
    in.remove_prefix(length);
  }
}

inline std::string joined(const std::vector<std::string_view>& pieces) {
  std::string all;
  for (const std::string_view piece : pieces)
    all += piece;
  return all;
}

/// Whatever was given out, before a fault too: no bare CR or LF and no NUL. A CR at its end may yet get its LF.
inline void require_clean_lines(std::string_view body) {
  for (std::size_t i = 0; i < body.size(); ++i) {
    require(body[i] != '\0');
    require(body[i] != '\n' || (i > 0 && body[i - 1] == '\r'));
    require(body[i] != '\r' || i + 1 == body.size() || body[i + 1] == '\n');
  }
}

}  // namespace postern::fuzz
