// A tenant's colour as a style sheet.
#include <algorithm>

#include "portal/colour.hpp"
#include "portal/pages.hpp"

namespace postern::portal {
namespace {

constexpr Colour black{0, 0, 0}, white{255, 255, 255};
constexpr Colour light_page{244, 246, 247}, dark_card{27, 34, 41};  // style.css: --page; --card in the dark

/// The same hue, light: white with a shadow of it would be grey.
Colour pastel(const Colour& colour) {
  const double strongest = std::max(*std::ranges::max_element(colour), 1.0);
  Colour bright{};
  for (std::size_t i = 0; i < 3; ++i)
    bright[i] = colour[i] * 255 / strongest;
  return mixed(bright, white, 0.6);
}

std::string variables(const Colour& brand, const Colour& tint) {
  return ":root{--brand:" + format_colour(brand) + ";--tint:" + format_colour(tint) + "}";
}

}  // namespace

std::string brand_style(const Brand& brand) {
  const Colour colour = parse_colour(brand.colour).value_or(parse_colour(Brand{}.colour).value_or(black));
  // A little above 4.5:1, because text of this colour also stands on its own tint.
  const Colour on_light = readable(colour, light_page, black, 5.2);
  const Colour on_dark = readable(colour, dark_card, pastel(colour), 7.0);
  return variables(on_light, mixed(on_light, white, 0.91)) + "\n@media (prefers-color-scheme:dark){" +
         variables(on_dark, mixed(dark_card, on_dark, 0.12)) + "}\n";
}

}  // namespace postern::portal
