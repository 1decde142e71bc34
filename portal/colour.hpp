// Colours that can be read: contrast after WCAG 2.2, "relative luminance" and success criterion 1.4.3.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace postern::portal {

using Colour = std::array<double, 3>;  // red, green, blue: 0 to 255

/// "#rrggbb"
[[nodiscard]] std::optional<Colour> parse_colour(std::string_view text);
[[nodiscard]] std::string format_colour(const Colour& colour);

[[nodiscard]] Colour mixed(const Colour& a, const Colour& b, double share_of_b);
/// As little of `away` in it as makes it stand out from the background, by that ratio at least.
[[nodiscard]] Colour readable(const Colour& colour, const Colour& background, const Colour& away, double ratio);

}  // namespace postern::portal
