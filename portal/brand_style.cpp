// A tenant's colour as a style sheet. Contrast after WCAG 2.2, "relative luminance" and success criterion 1.4.3.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "portal/pages.hpp"

namespace postern::portal {
namespace {

using Colour = std::array<double, 3>;  // red, green, blue: 0 to 255

constexpr Colour black{0, 0, 0}, white{255, 255, 255};
constexpr Colour light_page{244, 246, 247}, dark_card{27, 34, 41};  // style.css: --page; --card in the dark

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Colour> parsed(std::string_view text) {
  if (text.size() != 7 || text[0] != '#') return std::nullopt;
  Colour colour{};
  for (std::size_t i = 0; i < 3; ++i) {
    const int high = digit(text[1 + 2 * i]), low = digit(text[2 + 2 * i]);
    if (high < 0 || low < 0) return std::nullopt;
    colour[i] = high * 16 + low;
  }
  return colour;
}

std::string written(const Colour& colour) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "#";
  for (const double part : colour) {
    const auto octet = std::size_t(std::lround(std::clamp(part, 0.0, 255.0)));
    out += {digits[octet / 16], digits[octet % 16]};
  }
  return out;
}

Colour mixed(const Colour& a, const Colour& b, double share_of_b) {
  Colour out{};
  for (std::size_t i = 0; i < 3; ++i)
    out[i] = a[i] + (b[i] - a[i]) * share_of_b;
  return out;
}

double luminance(const Colour& colour) {
  const auto linear = [](double part) {
    const double s = part / 255;
    return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2]);
}

double contrast(const Colour& a, const Colour& b) {
  const auto [low, high] = std::minmax(luminance(a), luminance(b));
  return (high + 0.05) / (low + 0.05);
}

/// As little of `away` in it as makes it stand out from the background.
Colour readable(const Colour& colour, const Colour& background, const Colour& away, double ratio) {
  constexpr int steps = 50;
  for (int step = 0; step < steps; ++step) {
    const Colour shade = mixed(colour, away, double(step) / steps);
    if (contrast(shade, background) >= ratio) return shade;
  }
  return away;
}

/// The same hue, light: white with a shadow of it would be grey.
Colour pastel(const Colour& colour) {
  const double strongest = std::max(*std::ranges::max_element(colour), 1.0);
  Colour bright{};
  for (std::size_t i = 0; i < 3; ++i)
    bright[i] = colour[i] * 255 / strongest;
  return mixed(bright, white, 0.6);
}

std::string variables(const Colour& brand, const Colour& tint) {
  return ":root{--brand:" + written(brand) + ";--tint:" + written(tint) + "}";
}

}  // namespace

std::string brand_style(const Brand& brand) {
  const Colour colour = parsed(brand.colour).value_or(parsed(Brand{}.colour).value_or(black));
  // A little above 4.5:1, because text of this colour also stands on its own tint.
  const Colour on_light = readable(colour, light_page, black, 5.2);
  const Colour on_dark = readable(colour, dark_card, pastel(colour), 7.0);
  return variables(on_light, mixed(on_light, white, 0.91)) + "\n@media (prefers-color-scheme:dark){" +
         variables(on_dark, mixed(dark_card, on_dark, 0.12)) + "}\n";
}

}  // namespace postern::portal
