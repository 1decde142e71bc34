#include <cmath>

#include <boost/test/unit_test.hpp>

#include "portal/pages.hpp"

namespace {

using namespace postern::portal;

/// What the style sheet says of a variable: in the light, in the dark.
std::pair<std::string, std::string> values(const std::string& css, const std::string& name) {
  const std::string variable = "--" + name + ":";
  constexpr std::size_t colour = 7;  // "#rrggbb"
  std::vector<std::string> found;
  for (std::size_t at = css.find(variable); at != std::string::npos; at = css.find(variable, at + 1)) {
    std::size_t value = at + variable.size();
    if (css.substr(value).starts_with(' ')) ++value;
    const std::string written = css.substr(value, colour);
    const bool hex = written.find_first_not_of("0123456789abcdef", 1) == std::string::npos;
    if (written.size() == colour && written.front() == '#' && hex) found.push_back(written);
  }
  BOOST_REQUIRE(found.size() == 2U);
  return {found[0], found[1]};
}

double luminance(const std::string& colour) {
  const auto part = [&](std::size_t at) {
    const double s = std::stoi(colour.substr(at, 2), nullptr, 16) / 255.0;
    return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

/// WCAG 2.2: "contrast ratio"
double contrast(const std::string& a, const std::string& b) {
  const double first = luminance(a), second = luminance(b);
  return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

std::string style_of(const std::string& colour) {
  Brand brand;
  brand.colour = colour;
  return brand_style(brand);
}

BOOST_AUTO_TEST_CASE(any_colour_is_readable_in_the_light_and_in_the_dark) {
  const std::string css(style_sheet());
  const auto [page, dark_page] = values(css, "page");
  const auto [card, dark_card] = values(css, "card");
  const auto [ink, dark_ink] = values(css, "ink");
  const auto [on_brand, on_dark_brand] = values(css, "on-brand");
  for (const char* colour : {"#0b5c6b", "#000000", "#ffffff", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#7a1f5c",
                             "#808080", "#FFB000", "#123456"}) {
    BOOST_TEST_CONTEXT(colour) {
      const std::string style = style_of(colour);
      const auto [brand, dark_brand] = values(style, "brand");
      const auto [tint, dark_tint] = values(style, "tint");
      BOOST_TEST(contrast(brand, page) >= 4.5);
      BOOST_TEST(contrast(brand, tint) >= 4.5);
      BOOST_TEST(contrast(brand, card) >= 4.5);
      BOOST_TEST(contrast(brand, on_brand) >= 4.5);
      BOOST_TEST(contrast(dark_brand, dark_page) >= 4.5);
      BOOST_TEST(contrast(dark_brand, dark_card) >= 4.5);
      BOOST_TEST(contrast(dark_brand, dark_tint) >= 4.5);
      BOOST_TEST(contrast(dark_brand, on_dark_brand) >= 4.5);
      BOOST_TEST(contrast(ink, tint) >= 4.5);
      BOOST_TEST(contrast(dark_ink, dark_tint) >= 4.5);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_colour_that_is_readable_stays_as_it_is) {
  BOOST_TEST(values(style_of("#0b5c6b"), "brand").first == "#0b5c6b");
  BOOST_TEST(values(style_of("#7A1F5C"), "brand").first == "#7a1f5c");
}

BOOST_AUTO_TEST_CASE(what_is_no_colour_is_the_default_and_never_in_the_style_sheet) {
  const std::string usual = style_of(Brand{}.colour);
  for (const char* none : {"", "red", "#12345", "#1234567", "#12345g", "#000}a{", "#0b5c6b;}*{display:none"}) {
    BOOST_TEST(style_of(none) == usual, none);
  }
}

BOOST_AUTO_TEST_CASE(the_style_sheet_alone_has_the_default_colour) {
  const std::string css(style_sheet()), usual = style_of(Brand{}.colour);
  for (const char* name : {"brand", "tint"}) {
    BOOST_TEST(values(css, name).first == values(usual, name).first, name);
    BOOST_TEST(values(css, name).second == values(usual, name).second, name);
  }
}

}  // namespace
