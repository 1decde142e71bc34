#include "portal/colour.hpp"

#include <algorithm>
#include <cmath>

namespace postern::portal {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

double luminance(const Colour& colour) {
  const auto linear = [](double part) {
    const double s = part / 255;
    return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2]);
}

double contrast(const Colour& a, const Colour& b) {
  const double one = luminance(a), other = luminance(b);
  return (std::max(one, other) + 0.05) / (std::min(one, other) + 0.05);
}

}  // namespace

std::optional<Colour> parse_colour(std::string_view text) {
  if (text.size() != 7 || text[0] != '#') return std::nullopt;
  Colour colour{};
  for (std::size_t i = 0; i < 3; ++i) {
    const int high = digit(text[1 + 2 * i]), low = digit(text[2 + 2 * i]);
    if (high < 0 || low < 0) return std::nullopt;
    colour[i] = high * 16 + low;
  }
  return colour;
}

std::string format_colour(const Colour& colour) {
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

Colour readable(const Colour& colour, const Colour& background, const Colour& away, double ratio) {
  constexpr int steps = 50;
  for (int step = 0; step < steps; ++step) {
    const Colour shade = mixed(colour, away, double(step) / steps);
    if (contrast(shade, background) >= ratio) return shade;
  }
  return away;
}

}  // namespace postern::portal
