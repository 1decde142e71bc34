#include "portal/safe_style.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/ascii.hpp"

namespace postern::portal {
namespace {

constexpr std::string_view blanks = " \t\n\r\f";
constexpr std::size_t most_declarations = 100;

constexpr std::string_view colour_names =
    " aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood "
    "cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod "
    "darkgray "
    "darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen "
    "darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey "
    "dodgerblue "
    "firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey "
    "honeydew "
    "hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan "
    "lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue "
    "lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine "
    "mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise "
    "mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab orange "
    "orangered orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum "
    "powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna "
    "silver skyblue slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato turquoise violet "
    "wheat white whitesmoke yellow yellowgreen transparent currentcolor windowtext window ";

constexpr std::string_view line_words =
    " none hidden solid dashed dotted double groove ridge inset outset thin medium thick ";

// What a value may be made of, besides the property's own words and "inherit".
constexpr unsigned a_colour = 1, a_length = 2, a_number = 4, families = 8;

struct Property {
  std::string_view name;
  unsigned takes = 0;
  std::size_t most = 1;  // values
  std::string_view words = {};
};

constexpr Property properties[] = {
    {"color", a_colour},
    {"background-color", a_colour},
    {"border", a_colour | a_length, 3, line_words},
    {"border-top", a_colour | a_length, 3, line_words},
    {"border-right", a_colour | a_length, 3, line_words},
    {"border-bottom", a_colour | a_length, 3, line_words},
    {"border-left", a_colour | a_length, 3, line_words},
    {"border-color", a_colour, 4},
    {"border-top-color", a_colour},
    {"border-right-color", a_colour},
    {"border-bottom-color", a_colour},
    {"border-left-color", a_colour},
    {"border-style", 0, 4, line_words},
    {"border-top-style", 0, 1, line_words},
    {"border-right-style", 0, 1, line_words},
    {"border-bottom-style", 0, 1, line_words},
    {"border-left-style", 0, 1, line_words},
    {"border-width", a_length, 4, line_words},
    {"border-top-width", a_length, 1, line_words},
    {"border-right-width", a_length, 1, line_words},
    {"border-bottom-width", a_length, 1, line_words},
    {"border-left-width", a_length, 1, line_words},
    {"border-collapse", 0, 1, " collapse separate "},
    {"border-spacing", a_length, 2},
    {"border-radius", a_length, 4},
    {"margin", a_length, 4, " auto "},
    {"margin-top", a_length, 1, " auto "},
    {"margin-right", a_length, 1, " auto "},
    {"margin-bottom", a_length, 1, " auto "},
    {"margin-left", a_length, 1, " auto "},
    {"padding", a_length, 4},
    {"padding-top", a_length},
    {"padding-right", a_length},
    {"padding-bottom", a_length},
    {"padding-left", a_length},
    {"width", a_length, 1, " auto "},
    {"height", a_length, 1, " auto "},
    {"max-width", a_length, 1, " none "},
    {"min-width", a_length, 1, " auto "},
    {"max-height", a_length, 1, " none "},
    {"min-height", a_length, 1, " auto "},
    {"font-family", families},
    {"font-size", a_length, 1, " xx-small x-small small medium large x-large xx-large smaller larger "},
    {"font-style", 0, 1, " normal italic oblique "},
    {"font-weight", a_number, 1, " normal bold bolder lighter "},
    {"font-variant", 0, 1, " normal small-caps "},
    {"line-height", a_length | a_number, 1, " normal "},
    {"letter-spacing", a_length, 1, " normal "},
    {"word-spacing", a_length, 1, " normal "},
    {"text-align", 0, 1, " left right center justify start end "},
    {"text-decoration", a_colour, 3, " none underline line-through overline solid dotted dashed double "},
    {"text-decoration-line", 0, 3, " none underline line-through overline "},
    {"text-indent", a_length},
    {"text-transform", 0, 1, " none uppercase lowercase capitalize "},
    {"vertical-align", a_length, 1, " top middle bottom baseline sub super text-top text-bottom "},
    {"white-space", 0, 1, " normal nowrap pre pre-wrap pre-line "},
    {"word-wrap", 0, 1, " normal break-word "},
    {"overflow-wrap", 0, 1, " normal break-word anywhere "},
    {"word-break", 0, 1, " normal break-all keep-all break-word "},
    {"display", 0, 1, " none block inline inline-block list-item table table-row table-cell inline-table "},
    {"float", 0, 1, " left right none "},
    {"clear", 0, 1, " left right both none "},
    {"list-style-type", 0, 1, " none disc circle square decimal lower-alpha upper-alpha lower-roman upper-roman "},
    {"list-style-position", 0, 1, " inside outside "},
    {"list-style", 0, 2,
     " none disc circle square decimal lower-alpha upper-alpha lower-roman upper-roman inside outside "},
    {"direction", 0, 1, " ltr rtl "},
    {"table-layout", 0, 1, " auto fixed "},
    {"caption-side", 0, 1, " top bottom "},
    {"empty-cells", 0, 1, " show hide "},
};

bool among(std::string_view words, std::string_view word) {
  const bool plain = std::ranges::all_of(word, [](char c) { return is_alphanumeric(c) || c == '-'; });
  return !word.empty() && plain && words.find(" " + std::string(word) + " ") != std::string_view::npos;
}

/// Digits, at most five, and a fraction of at most four; what is left of `text` stands behind it. Nothing: no number.
std::optional<std::string> take_number(std::string_view& text) {
  const std::size_t whole = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string out(text.substr(0, whole));
  std::string_view rest = text.substr(whole);
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1) return std::nullopt;
    out = (out.empty() ? "0" : out) + std::string(rest.substr(0, std::min<std::size_t>(end, 5)));
    rest.remove_prefix(end);
  }
  if (out.empty() || whole > 5) return std::nullopt;
  text = rest;
  return out;
}

/// Never below nothing: a negative margin lays one text over another.
std::optional<std::string> length_of(std::string_view value) {
  if (value.starts_with('+')) value.remove_prefix(1);
  auto number = take_number(value);
  if (!number) return std::nullopt;
  if (value.empty() && number->find_first_not_of("0.") == std::string::npos) return "0";
  if (!among(" px pt pc em rem ex ch cm mm in ", value) && value != "%") return std::nullopt;
  return *number + std::string(value);
}

std::optional<std::string> number_of(std::string_view value) {
  auto number = take_number(value);
  if (!value.empty()) return std::nullopt;
  return number;
}

/// "rgb(1, 2, 3)", "rgba(1,2,3,.5)".
std::optional<std::string> rgb_of(std::string_view value) {
  const std::size_t open = value.find('(');
  if (open == std::string_view::npos || !value.ends_with(')') || !among(" rgb rgba ", value.substr(0, open)))
    return std::nullopt;
  std::string out(value.substr(0, open + 1));
  std::string_view rest = value.substr(open + 1, value.size() - open - 2);
  for (unsigned i = 0; i < 4; ++i) {
    rest = trimmed(rest, blanks);
    const auto number = take_number(rest);
    if (!number) return std::nullopt;
    out += *number;
    if (rest.starts_with('%')) {
      out += '%';
      rest.remove_prefix(1);
    }
    rest = trimmed(rest, blanks);
    if (rest.empty()) return i >= 2 ? std::optional(out + ")") : std::nullopt;
    if (!rest.starts_with(',')) return std::nullopt;
    rest.remove_prefix(1);
    out += ',';
  }
  return std::nullopt;
}

bool is_hex_colour(std::string_view digits) {
  return (digits.size() == 3 || digits.size() == 6 || digits.size() == 8) &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<std::string> colour_of(const std::string& value) {
  if (value.starts_with('#') && is_hex_colour(std::string_view(value).substr(1))) return value;
  if (among(colour_names, value)) return value;
  return rgb_of(value);
}

/// Cut at `separator`, but not between quotes or brackets. What is never closed ends at the end.
std::vector<std::string_view> pieces(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> out;
  char quote = 0;
  unsigned brackets = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(') {
      ++brackets;
    } else if (c == ')') {
      brackets -= brackets > 0 ? 1 : 0;
    } else if (brackets == 0 && separators.contains(c)) {
      out.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  out.push_back(text.substr(start));
  return out;
}

std::optional<std::string> one_value(const Property& property, const std::string& value) {
  if (value == "inherit" || among(property.words, value)) return value;
  if ((property.takes & a_length) != 0) {
    if (auto found = length_of(value)) return found;
  }
  if ((property.takes & a_number) != 0) {
    if (auto found = number_of(value)) return found;
  }
  if ((property.takes & a_colour) != 0) return colour_of(value);
  return std::nullopt;
}

std::optional<std::string> safe_values(const Property& property, std::string_view value) {
  if ((property.takes & families) != 0) return safe_font_families(value);
  std::string out;
  std::size_t count = 0;
  for (const std::string_view piece : pieces(value, blanks)) {
    if (piece.empty()) continue;
    const auto one = one_value(property, lowered(piece));
    if (!one || ++count > property.most) return std::nullopt;
    out += (out.empty() ? "" : " ") + *one;
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::string_view without_important(std::string_view value) {
  const std::size_t mark = value.rfind('!');
  if (mark == std::string_view::npos || lowered(trimmed(value.substr(mark + 1), blanks)) != "important") return value;
  return trimmed(value.substr(0, mark), blanks);
}

/// "12px/1.5 Arial": the longhands of the shorthand, so far as mail writes it.
std::string font_longhands(std::string_view value) {
  std::string out;
  const auto add = [&out](std::string_view name, std::string_view text) {
    const auto declaration = safe_style(std::string(name) + ":" + std::string(text));
    if (!declaration.empty()) out += (out.empty() ? "" : ";") + declaration;
    return !declaration.empty();
  };
  while (!value.empty()) {
    const std::size_t end = std::min(value.find_first_of(blanks), value.size());
    const std::string_view word = value.substr(0, end), rest = trimmed(value.substr(end), blanks);
    const std::size_t slash = word.find('/');
    if (is_digit(word.front()) && add("font-size", word.substr(0, slash))) {
      if (slash != std::string_view::npos) add("line-height", word.substr(slash + 1));
      add("font-family", rest);
      return out;
    }
    if (!add("font-style", word) && !add("font-variant", word) && !add("font-weight", word)) return {};
    value = rest;
  }
  return {};  // without a size it is none
}

std::string safe_declaration(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  std::string name = lowered(trimmed(text.substr(0, colon), blanks));
  const std::string_view value = without_important(trimmed(text.substr(colon + 1), blanks));
  if (name == "font") return font_longhands(value);
  if (name == "background") name = "background-color";
  const auto property = std::ranges::find(properties, name, &Property::name);
  if (property == std::end(properties)) return {};
  const auto values = safe_values(*property, value);
  return values ? name + ":" + *values : std::string();
}

}  // namespace

std::string safe_style(std::string_view style) {
  std::string out;
  std::size_t count = 0;
  for (const std::string_view piece : pieces(style, ";")) {
    if (++count > most_declarations) break;
    const std::string declaration = safe_declaration(piece);
    if (!declaration.empty()) out += (out.empty() ? "" : ";") + declaration;
  }
  return out;
}

std::optional<std::string> safe_colour(std::string_view value) {
  const std::string colour = lowered(trimmed(value, blanks));
  if (is_hex_colour(colour) && !among(colour_names, colour)) return "#" + colour;
  return colour_of(colour);
}

std::optional<std::string> safe_font_families(std::string_view value) {
  constexpr std::size_t most = 20, longest = 60;
  std::string out;
  std::size_t count = 0;
  for (std::string_view name : pieces(value, ",")) {
    name = trimmed(name, blanks);
    if (name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front())
      name = trimmed(name.substr(1, name.size() - 2), blanks);
    const bool plain = std::ranges::all_of(name, [](char c) {
      return is_alphanumeric(c) || c == ' ' || c == '-' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    });
    if (name.empty() || name.size() > longest || !plain || ++count > most) continue;
    const bool generic = among(" serif sans-serif monospace cursive fantasy system-ui inherit ", lowered(name));
    out += out.empty() ? "" : ",";
    out += generic ? lowered(name) : "'" + std::string(name) + "'";
  }
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace postern::portal
