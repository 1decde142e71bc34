#include "inspect/html.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "mail/charset.hpp"
#include "mail/headers.hpp"

namespace postern::inspect {
namespace {

// Those that stand for letters, signs and spaces which patterns and dictionaries care about.
constexpr std::array<std::pair<std::string_view, std::uint16_t>, 92> entities = {{
    {"amp", '&'},       {"lt", '<'},       {"gt", '>'},       {"quot", '"'},      {"apos", '\''},     {"nbsp", 0xa0},
    {"shy", 0xad},      {"ensp", 0x2002},  {"emsp", 0x2003},  {"thinsp", 0x2009}, {"zwnj", 0x200c},   {"zwj", 0x200d},
    {"lrm", 0x200e},    {"rlm", 0x200f},   {"ndash", 0x2013}, {"mdash", 0x2014},  {"hyphen", 0x2010}, {"dash", 0x2010},
    {"minus", 0x2212},  {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201c},  {"rdquo", 0x201d},  {"bull", 0x2022},
    {"hellip", 0x2026}, {"euro", 0x20ac},  {"trade", 0x2122}, {"num", '#'},       {"colon", ':'},     {"comma", ','},
    {"period", '.'},    {"sol", '/'},      {"bsol", '\\'},    {"lpar", '('},      {"rpar", ')'},      {"lbrack", '['},
    {"rbrack", ']'},    {"lowbar", '_'},   {"commat", '@'},   {"excl", '!'},      {"quest", '?'},     {"percnt", '%'},
    {"plus", '+'},      {"equals", '='},   {"ast", '*'},      {"dollar", '$'},    {"semi", ';'},      {"Tab", '\t'},
    {"NewLine", '\n'},  {"middot", 0xb7},  {"copy", 0xa9},    {"reg", 0xae},      {"deg", 0xb0},      {"micro", 0xb5},
    {"szlig", 0xdf},    {"Agrave", 0xc0},  {"Aacute", 0xc1},  {"Acirc", 0xc2},    {"Auml", 0xc4},     {"Ccedil", 0xc7},
    {"Egrave", 0xc8},   {"Eacute", 0xc9},  {"Iacute", 0xcd},  {"Ntilde", 0xd1},   {"Oacute", 0xd3},   {"Ouml", 0xd6},
    {"Uacute", 0xda},   {"Uuml", 0xdc},    {"agrave", 0xe0},  {"aacute", 0xe1},   {"acirc", 0xe2},    {"atilde", 0xe3},
    {"auml", 0xe4},     {"aring", 0xe5},   {"aelig", 0xe6},   {"ccedil", 0xe7},   {"egrave", 0xe8},   {"eacute", 0xe9},
    {"ecirc", 0xea},    {"euml", 0xeb},    {"iacute", 0xed},  {"icirc", 0xee},    {"iuml", 0xef},     {"ntilde", 0xf1},
    {"ograve", 0xf2},   {"oacute", 0xf3},  {"ocirc", 0xf4},   {"otilde", 0xf5},   {"ouml", 0xf6},     {"oslash", 0xf8},
    {"uacute", 0xfa},   {"uuml", 0xfc},
}};

constexpr std::array<std::string_view, 34> line_tags = {
    "br",   "p",    "div", "tr",         "td",      "th",      "li",     "ul",     "ol",    "dl",    "dt",      "dd",
    "hr",   "h1",   "h2",  "h3",         "h4",      "h5",      "h6",     "table",  "tbody", "thead", "caption", "title",
    "body", "head", "pre", "blockquote", "section", "article", "header", "footer", "form",  "option"};

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

int digit_value(char c, unsigned base) {
  if (digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return base == 16 && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// "&#83;", "&#x53", with or without the semicolon; `rest` begins behind "&#".
std::optional<mail::CodePoint> numeric_entity(std::string_view rest) {
  const unsigned base = !rest.empty() && (rest[0] | 0x20) == 'x' ? 16 : 10;
  std::size_t i = base == 16 ? 1 : 0;
  const std::size_t start = i;
  std::uint32_t value = 0;
  for (int d = 0; i < rest.size() && (d = digit_value(rest[i], base)) >= 0; ++i) {
    value = std::min<std::uint32_t>(value * base + static_cast<std::uint32_t>(d), 0x110000);
  }
  if (i == start) return std::nullopt;
  if (i < rest.size() && rest[i] == ';') ++i;
  if (value >= 0x80 && value < 0xa0) {  // HTML reads these as windows-1252
    const char byte = static_cast<char>(value);
    value = mail::code_point_at(std::string_view(&byte, 1), 0).value;
  }
  return mail::CodePoint{value, i};
}

std::optional<std::uint32_t> named(std::string_view name) {
  static const std::unordered_map<std::string_view, std::uint16_t> by_name(entities.begin(), entities.end());
  const auto found = by_name.find(name);
  if (found == by_name.end()) return std::nullopt;
  return found->second;
}

/// The entity at the start of `html`, which begins with '&': its code point and its length.
std::optional<mail::CodePoint> entity(std::string_view html) {
  if (html.size() > 1 && html[1] == '#') {
    auto found = numeric_entity(html.substr(2));
    if (found) found->size += 2;
    return found;
  }
  std::size_t end = 1;
  while (end < html.size() && end < 10 && letter(html[end]))
    ++end;
  if (end == 1) return std::nullopt;
  if (const auto value = named(html.substr(1, end - 1))) {
    return mail::CodePoint{*value, end + (end < html.size() && html[end] == ';' ? 1 : 0)};
  }
  for (; end > 3; --end) {  // "M&uumlller": the old names end where they end, with no semicolon
    const auto value = named(html.substr(1, end - 2));
    if (value && (*value < 0x100 && (*value >= 0xa0 || *value == '&' || *value == '<' || *value == '>'))) {
      return mail::CodePoint{*value, end - 1};
    }
  }
  return std::nullopt;
}

std::string tag_name(std::string_view tag) {  // behind "<" or "</"
  std::string name;
  for (const char c : tag) {
    if ((!letter(c) && !digit(c)) || name.size() > 12) break;
    name.push_back(static_cast<char>(letter(c) ? c | 0x20 : c));
  }
  return name;
}

class Stripper {
 public:
  explicit Stripper(std::string_view html) : html_(html) { out_.reserve(html.size()); }

  std::string run() {
    while (at_ < html_.size())
      step();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = html_[at_];
    if (c == '&') {
      const auto found = entity(html_.substr(at_));
      mail::append_utf8(out_, found ? found->value : '&');
      at_ += found ? found->size : 1;
    } else if (c == '<' && begins_markup()) {
      markup();
    } else if (c == '\r' || c == '\n') {  // a line end in HTML is a space
      out_.push_back(' ');
      ++at_;
    } else {
      out_.push_back(c);
      ++at_;
    }
  }

  bool begins_markup() const {
    const char next = at_ + 1 < html_.size() ? html_[at_ + 1] : ' ';
    return letter(next) || next == '/' || next == '!' || next == '?';
  }

  void markup() {
    if (html_.substr(at_).starts_with("<!--")) return comment();
    const bool closing = html_[at_ + 1] == '/';
    const std::string name = tag_name(html_.substr(at_ + (closing ? 2 : 1)));
    at_ = tag_end(at_ + 1);
    if (std::find(line_tags.begin(), line_tags.end(), name) != line_tags.end()) out_.push_back('\n');
    if (!closing && (name == "script" || name == "style") && !closed_missing_) skip_to_closing(name);
  }

  /// Offset behind the '>' that ends the tag at `at`; a quoted '>' does not. A tag with an unclosed quote
  /// ends at its first '>', and one that never ends is no tag: better to show markup as text than to hide
  /// text as markup.
  std::size_t tag_end(std::size_t at) {
    if (plain_end(at) == at) return at;
    char quote = 0;
    const std::size_t limit = std::min(html_.size(), at + futile_budget_);
    for (std::size_t i = at; i < limit; ++i) {
      const char c = html_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if ((c == '"' || c == '\'') && html_[i - 1] == '=') {
        quote = c;
      } else if (c == '>') {
        return i + 1;
      }
    }
    futile_budget_ -= limit - at;
    return plain_end(at);
  }

  std::size_t plain_end(std::size_t at) {
    if (next_close_ != std::string_view::npos && next_close_ < at) next_close_ = html_.find('>', at);
    return next_close_ == std::string_view::npos ? at : next_close_ + 1;
  }

  void comment() {
    // "<!-->" is a whole comment; one that never ends hides nothing: its text is shown.
    const std::size_t end = comments_end_ ? html_.find("-->", at_ + 2) : std::string_view::npos;
    comments_end_ = end != std::string_view::npos;
    at_ = comments_end_ ? end + 3 : at_ + 4;
  }

  void skip_to_closing(std::string_view name) {
    for (std::size_t i = html_.find("</", at_); i != std::string_view::npos; i = html_.find("</", i + 2)) {
      if (!mail::equals_ignoring_case(html_.substr(i + 2, name.size()), name)) continue;
      at_ = i;
      return;
    }  // never closed: what follows is shown
    closed_missing_ = true;
  }

  std::string_view html_;
  std::size_t at_ = 0;
  bool comments_end_ = true;     // false once a comment was not closed: no later one is, and none is searched for again
  bool closed_missing_ = false;  // the same for script and style
  std::size_t next_close_ = 0;
  std::size_t futile_budget_ = 16 << 20;  // octets of look-ahead that may turn out to be in vain
  std::string out_;
};

}  // namespace

std::string html_to_text(std::string_view html) {
  return Stripper(html).run();
}

std::string decode_entities(std::string_view html) {
  std::string out;
  out.reserve(html.size());
  for (std::size_t i = 0; i < html.size();) {
    const auto found = html[i] == '&' ? entity(html.substr(i)) : std::nullopt;
    if (found) mail::append_utf8(out, found->value);
    if (!found) out.push_back(html[i]);
    i += found ? found->size : 1;
  }
  return out;
}

std::string html_charset(std::string_view html) {
  const std::string_view start = html.substr(0, 2048);
  constexpr std::string_view key = "charset=";
  for (std::size_t i = 0; i + key.size() < start.size(); ++i) {
    if (!mail::equals_ignoring_case(start.substr(i, key.size()), key)) continue;
    i += key.size();
    if (start[i] == '"' || start[i] == '\'') ++i;
    return std::string(start.substr(i, std::min(start.find_first_of("\"' />;", i), start.size()) - i));
  }
  return {};
}

}  // namespace postern::inspect
