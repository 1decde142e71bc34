#include "portal/html_rules.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "portal/safe_style.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t longest_text = 1'000;  // of a title or an alternative text

/// `words` are parted and surrounded by blanks.
bool among(std::string_view words, std::string_view word) {
  if (word.empty() || word.find(' ') != std::string_view::npos) return false;
  for (std::size_t at = words.find(word); at != std::string_view::npos; at = words.find(word, at + 1)) {
    if (at > 0 && words[at - 1] == ' ' && words.substr(at + word.size(), 1) == " ") return true;
  }
  return false;
}

constexpr std::string_view kept =
    " a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del "
    "dfn "
    "dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p "
    "pre "
    "q s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr ";
constexpr std::string_view vanishing =
    " svg math object applet audio video canvas select button template frameset map datalist ";
constexpr std::string_view raw = " script style iframe noembed noframes noscript textarea title xmp ";
constexpr std::string_view void_and_gone =
    " area base basefont bgsound embed frame input keygen link meta param source track ";

enum class Kind {
  style,
  text,
  number,
  length,
  colour,
  align,
  valign,
  direction,
  language,
  face,
  size,
  flag,
  list,
  address,
  scope,
  role
};

struct AttributeRule {
  std::string_view tags;  // empty: all
  std::string_view name;
  Kind kind;
};

constexpr std::array<AttributeRule, 38> rules = {{
    {"", "style", Kind::style},
    {"", "title", Kind::text},
    {"", "dir", Kind::direction},
    {"", "lang", Kind::language},
    {" a ", "href", Kind::address},
    {" img ", "src", Kind::address},
    {" img ", "alt", Kind::text},
    {" img ", "border", Kind::number},
    {" img ", "hspace", Kind::number},
    {" img ", "vspace", Kind::number},
    {" img table td th col colgroup hr ", "width", Kind::length},
    {" img table td th tr ", "height", Kind::length},
    {" img table td th tr tbody thead tfoot col colgroup p div h1 h2 h3 h4 h5 h6 hr caption ", "align", Kind::align},
    {" td th tr tbody thead tfoot col colgroup ", "valign", Kind::valign},
    {" table td th tr ", "bgcolor", Kind::colour},
    {" table ", "border", Kind::number},
    {" table ", "cellpadding", Kind::number},
    {" table ", "cellspacing", Kind::number},
    {" table ", "role", Kind::role},
    {" table ", "bordercolor", Kind::colour},
    {" td th ", "colspan", Kind::number},
    {" td th ", "rowspan", Kind::number},
    {" td th ", "nowrap", Kind::flag},
    {" th td ", "scope", Kind::scope},
    {" th ", "abbr", Kind::text},
    {" col colgroup ", "span", Kind::number},
    {" font ", "color", Kind::colour},
    {" font ", "face", Kind::face},
    {" font ", "size", Kind::size},
    {" hr ", "size", Kind::number},
    {" hr ", "color", Kind::colour},
    {" hr ", "noshade", Kind::flag},
    {" br ", "clear", Kind::align},
    {" ol ", "start", Kind::number},
    {" ol ", "reversed", Kind::flag},
    {" ol ul li ", "type", Kind::list},
    {" li ", "value", Kind::number},
    {" ol ul dl ", "compact", Kind::flag},
}};

const AttributeRule* rule_for(std::string_view tag, std::string_view attribute) {
  const auto found = std::ranges::find_if(rules, [&](const AttributeRule& rule) {
    return rule.name == attribute && (rule.tags.empty() || among(rule.tags, tag));
  });
  return found == rules.end() ? nullptr : found;
}

std::optional<std::string> number(std::string_view value, std::size_t most_digits = 4) {
  value = trimmed(value, " \t\n\r\f");
  const std::size_t digits = std::min(value.find_first_not_of("0123456789"), value.size());
  if (digits == 0 || digits > most_digits) return std::nullopt;
  if (digits < value.size() && value.substr(digits) != "px") return std::nullopt;
  return std::string(value.substr(0, digits));
}

std::optional<std::string> length(std::string_view value) {
  value = trimmed(value, " \t\n\r\f");
  const bool percent = value.ends_with('%');
  auto found = number(percent ? value.substr(0, value.size() - 1) : value);
  if (found && percent) *found += '%';
  return found;
}

std::optional<std::string> font_size(std::string_view value) {
  value = trimmed(value, " \t\n\r\f");
  const bool sign = value.starts_with('+') || value.starts_with('-');
  auto found = number(value.substr(sign ? 1 : 0), 1);
  if (found && sign) found->insert(0, 1, value.front());
  return found;
}

std::optional<std::string> word_of(std::string_view words, std::string_view value) {
  std::string word = lowered(trimmed(value, " \t\n\r\f"));
  if (!among(words, word)) return std::nullopt;
  return word;
}

std::optional<std::string> language(std::string_view value) {
  const bool plain = std::ranges::all_of(value, [](char c) { return is_alphanumeric(c) || c == '-'; });
  if (value.empty() || value.size() > 35 || !plain) return std::nullopt;
  return std::string(value);
}

/// Without what a parser that is not at home in attributes would take for markup.
std::optional<std::string> plain_text(std::string_view value) {
  if (value.size() > longest_text) return std::nullopt;
  std::string text(value);
  std::erase_if(text, [](char c) { return c == '<' || c == '>'; });
  return text;
}

std::optional<std::string> list_type(std::string_view value) {
  if (value == "A" || value == "I") return std::string(value);  // for numbers the case means something
  return word_of(" 1 a i disc circle square ", value);
}

}  // namespace

Fate fate_of(std::string_view tag) {
  if (among(kept, tag)) return Fate::keep;
  if (among(raw, tag)) return Fate::raw;
  if (among(vanishing, tag)) return Fate::vanish;
  if (among(void_and_gone, tag)) return Fate::void_;
  return tag == "plaintext" ? Fate::plaintext : Fate::unwrap;
}

bool is_void(std::string_view tag) {
  return among(" br col hr img wbr ", tag);
}

bool may_have(std::string_view tag, std::string_view attribute) {
  return rule_for(tag, attribute) != nullptr;
}

std::optional<std::string> safe_value(std::string_view tag, std::string_view attribute, std::string_view value) {
  const AttributeRule* rule = rule_for(tag, attribute);
  if (rule == nullptr) return std::nullopt;
  switch (rule->kind) {
    case Kind::style: {
      std::string style = safe_style(value);
      if (style.empty()) return std::nullopt;
      return style;
    }
    case Kind::text: return plain_text(value);
    case Kind::number: return number(value);
    case Kind::length: return length(value);
    case Kind::colour: return safe_colour(value);
    case Kind::align:
      return word_of(" left right center justify middle top bottom absmiddle baseline all none ", value);
    case Kind::valign: return word_of(" top middle bottom baseline ", value);
    case Kind::direction: return word_of(" ltr rtl auto ", value);
    case Kind::language: return language(value);
    case Kind::face: return safe_font_families(value);
    case Kind::size: return font_size(value);
    case Kind::flag: return std::string();
    case Kind::list: return list_type(value);
    case Kind::scope: return word_of(" row col rowgroup colgroup ", value);
    case Kind::role: return word_of(" presentation none ", value);
    case Kind::address: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace postern::portal
