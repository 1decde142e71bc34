// "Unknown key 'retrys': did you mean 'retry'?" – the nearest of the names that would have been right.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postern {

/// The candidate with the smallest edit distance, if it is small enough to be a likely slip of the pen.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace postern
