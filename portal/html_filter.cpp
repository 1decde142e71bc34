#include "portal/html_filter.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "portal/html_rules.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t most_tags = 100'000, most_attributes = 64, deepest = 500, most_formats = 64, longest_name = 16;
constexpr std::string_view blanks = " \t\n\r\f";

bool is_letter(char c) {
  return is_alphanumeric(c) && !is_digit(c);
}

struct Tag {
  bool end = false, closes_itself = false;
  std::string name;
  std::vector<std::pair<std::string, std::string_view>> attributes;  // values as written, references included

  [[nodiscard]] std::string_view value(std::string_view attribute) const {
    const auto found = std::ranges::find(attributes, attribute, &std::pair<std::string, std::string_view>::first);
    return found == attributes.end() ? std::string_view() : found->second;
  }
};

/// Those whose start ends another of their kind, so that many in a row are not deep.
bool ends_its_like(std::string_view tag) {
  constexpr std::string_view names[] = {"p",  "li",    "dd",    "dt",    "td",       "th",
                                        "tr", "tbody", "thead", "tfoot", "colgroup", "caption"};
  return std::ranges::find(names, tag) != std::end(names);
}

/// Those that a parser opens again in every later block until they are closed.
bool is_format(std::string_view tag) {
  constexpr std::string_view names[] = {"a", "b",     "big",    "code",   "em", "font", "i",
                                        "s", "small", "strike", "strong", "tt", "u"};
  return std::ranges::find(names, tag) != std::end(names);
}

/// A value that names another server.
bool is_remote(std::string_view value) {
  const std::string start = lowered(trimmed(value, blanks).substr(0, 8));
  return start.starts_with("http:") || start.starts_with("https:") || start.starts_with("ftp:") ||
         start.starts_with("//");
}

class Filter {
 public:
  explicit Filter(std::string_view html) : rest_(html) { result_.html.reserve(html.size() + html.size() / 8); }

  FilteredHtml run() {
    while (!rest_.empty())
      step();
    if (!vanishing_.empty()) result_.cut = true;
    return std::move(result_);
  }

 private:
  void step();
  void text(std::string_view text);
  void comment();
  std::optional<Tag> read_tag();
  bool read_attribute(Tag& tag);
  void tag(const Tag& tag);
  void skip_raw(std::string_view name, bool shown);
  void keep(const Tag& tag);
  void body(const Tag& tag);
  void count_remote(const Tag& tag);
  void write(const Tag& tag);
  void write_attribute(std::string_view name, std::string_view value, std::string_view before = {});
  bool opens(std::string_view name);
  bool closes(std::string_view name);

  std::string_view rest_;
  FilteredHtml result_;
  std::vector<std::string> open_;  // those that are kept and nest, as far as one sees
  std::size_t formats_ = 0;        // how many of them are formats
  std::size_t left_out_ = 0;       // start tags too deep, whose end tags are left out as well
  std::size_t tags_ = 0;
  std::string vanishing_;  // the element whose content is left out, and how many of its name are open
  std::size_t vanishing_depth_ = 0;
  bool had_body_ = false;
};

void Filter::text(std::string_view text) {
  if (!vanishing_.empty()) return;
  for (const char c : text) {
    if (c == '<') {
      result_.html += "&lt;";
    } else if (c != '\0') {
      result_.html += c;
    }
  }
}

void Filter::step() {
  const std::size_t plain = std::min(rest_.find('<'), rest_.size());
  text(rest_.substr(0, plain));
  rest_.remove_prefix(plain);
  if (rest_.empty()) return;
  const char next = rest_.size() > 1 ? rest_[1] : ' ';
  const bool end = next == '/' && rest_.size() > 2;
  if (is_letter(next) || (end && is_letter(rest_[2]))) {
    if (const auto found = read_tag()) tag(*found);
  } else if (next == '!' || next == '?' || end) {
    comment();
  } else {
    text("<");
    rest_.remove_prefix(1);
  }
}

/// HTML §13.2.5.41 to 51; what begins with "<!" or "<?" and is no comment ends at the first ">".
void Filter::comment() {
  if (!rest_.starts_with("<!--")) {
    rest_.remove_prefix(std::min(rest_.find('>'), rest_.size() - 1) + 1);
    return;
  }
  rest_.remove_prefix(4);
  for (const std::string_view at_once : {">", "->"}) {
    if (rest_.starts_with(at_once)) return rest_.remove_prefix(at_once.size());
  }
  for (std::size_t at = rest_.find("--"); at != std::string_view::npos; at = rest_.find("--", at + 1)) {
    const std::string_view behind = rest_.substr(at + 2);
    const std::size_t size = behind.starts_with('>') ? 1 : behind.starts_with("!>") ? 2 : 0;
    if (size > 0) return rest_.remove_prefix(at + 2 + size);
  }
  result_.cut = result_.cut || !trimmed(rest_, blanks).empty();
  rest_ = {};
}

/// Nothing for a tag that the input's end cuts off.
std::optional<Tag> Filter::read_tag() {
  Tag tag;
  tag.end = rest_[1] == '/';
  rest_.remove_prefix(tag.end ? 2 : 1);
  const std::size_t size = std::min(rest_.find_first_of(" \t\n\r\f/>"), rest_.size());
  tag.name = size <= longest_name ? lowered(rest_.substr(0, size)) : "unknown";
  rest_.remove_prefix(size);
  while (read_attribute(tag)) {
  }
  if (rest_.empty()) return std::nullopt;
  rest_.remove_prefix(1);  // ">"
  return tag;
}

/// HTML §13.2.5.32 to 40. False at the tag's end.
bool Filter::read_attribute(Tag& tag) {
  const std::size_t start = std::min(rest_.find_first_not_of(" \t\n\r\f/"), rest_.size());
  tag.closes_itself = start > 0 && rest_[start - 1] == '/';
  rest_.remove_prefix(start);
  if (rest_.empty() || rest_.front() == '>') return false;
  const std::size_t name_size = std::min(rest_.find_first_of(" \t\n\r\f/>=", 1), rest_.size());
  const std::string_view name = rest_.substr(0, name_size);
  rest_.remove_prefix(name_size);
  std::string_view value;
  const std::size_t behind = rest_.find_first_not_of(blanks);
  if (behind != std::string_view::npos && rest_[behind] == '=') {
    rest_.remove_prefix(behind + 1);
    rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
    const bool quoted = rest_.starts_with('"') || rest_.starts_with('\'');
    const char quote = quoted ? rest_.front() : ' ';
    rest_.remove_prefix(quoted ? 1 : 0);
    const std::size_t end = quoted ? rest_.find(quote) : rest_.find_first_of(" \t\n\r\f>");
    value = rest_.substr(0, end);
    rest_.remove_prefix(std::min(value.size() + (quoted ? 1 : 0), rest_.size()));
  }
  if (tag.attributes.size() < most_attributes && name.size() <= longest_name) {
    std::string lower = lowered(name);
    const bool twice = std::ranges::any_of(tag.attributes, [&](const auto& one) { return one.first == lower; });
    if (!twice) tag.attributes.emplace_back(std::move(lower), value);
  }
  return true;
}

void Filter::tag(const Tag& tag) {
  if (!vanishing_.empty()) {
    if (tag.name != vanishing_ || (tag.closes_itself && !tag.end)) return;
    vanishing_depth_ = tag.end ? vanishing_depth_ - 1 : vanishing_depth_ + 1;
    if (vanishing_depth_ == 0) vanishing_.clear();
    return;
  }
  if (!tag.end) count_remote(tag);
  const bool foreign = tag.name == "svg" || tag.name == "math";
  switch (fate_of(tag.name)) {
    case Fate::keep: return keep(tag);
    case Fate::raw:
      if (!tag.end) skip_raw(tag.name, tag.name == "xmp");
      return;
    case Fate::vanish:
      if (tag.end || (foreign && tag.closes_itself)) return;
      vanishing_ = tag.name;
      vanishing_depth_ = 1;
      return;
    case Fate::plaintext: return text(std::exchange(rest_, {}));
    case Fate::unwrap:
      if (tag.name == "body" && !tag.end) body(tag);
      return;
    case Fate::void_: return;
  }
}

/// HTML §13.2.5.12 to 14: ended by an end tag of the same name only.
void Filter::skip_raw(std::string_view name, bool shown) {
  for (std::size_t at = rest_.find("</"); at != std::string_view::npos; at = rest_.find("</", at + 2)) {
    const std::string_view behind = rest_.substr(at + 2);
    if (lowered(behind.substr(0, name.size())) != name) continue;
    if (behind.size() > name.size() && !std::string_view(" \t\n\r\f/>").contains(behind[name.size()])) continue;
    if (shown) text(rest_.substr(0, at));
    rest_.remove_prefix(at);
    (void)read_tag();
    return;
  }
  if (shown) text(rest_);
  if (!shown && !trimmed(rest_, blanks).empty()) result_.cut = true;
  rest_ = {};
}

void Filter::count_remote(const Tag& tag) {
  const bool asks = std::ranges::any_of(tag.attributes, [](const auto& attribute) {
    constexpr std::string_view sources[] = {"src",  "srcset",     "background", "poster",
                                            "data", "xlink:href", "lowsrc",     "dynsrc"};
    if (std::ranges::find(sources, attribute.first) != std::end(sources)) return is_remote(attribute.second);
    return attribute.first == "style" && lowered(attribute.second).find("url(") != std::string::npos;
  });
  const bool sheet = tag.name == "link" && is_remote(tag.value("href"));
  if (asks || sheet) ++result_.blocked;
}

bool Filter::opens(std::string_view name) {
  if (is_void(name) || ends_its_like(name)) return true;
  if (open_.size() >= deepest || (is_format(name) && formats_ >= most_formats)) {
    ++left_out_;
    return false;
  }
  formats_ += is_format(name) ? 1 : 0;
  open_.emplace_back(name);
  return true;
}

bool Filter::closes(std::string_view name) {
  if (is_void(name)) return name == "br";  // "</br>" is read as "<br>"
  if (ends_its_like(name)) return true;
  if (left_out_ > 0) {
    --left_out_;
    return false;
  }
  // Only what is open last: who closes another leaves this one open in a parser's eyes too.
  if (!open_.empty() && open_.back() == name) {
    formats_ -= is_format(name) ? 1 : 0;
    open_.pop_back();
  }
  return true;
}

void Filter::keep(const Tag& tag) {
  if (++tags_ > most_tags) return;
  if (!(tag.end ? closes(tag.name) : opens(tag.name))) return;
  if (tag.end) {
    result_.html += "</" + tag.name + ">";
  } else {
    write(tag);
  }
}

void Filter::write(const Tag& tag) {
  result_.html += "<" + tag.name;
  // Word's paragraphs have their margins in a style sheet, which is not kept; the browser's own would part every line.
  const bool words =
      tag.value("class").starts_with("Mso") && (tag.name == "p" || tag.name == "li" || tag.name == "div");
  if (words && tag.value("style").empty()) write_attribute("style", "margin:0");
  for (const auto& [name, value] : tag.attributes) {
    if (may_have(tag.name, name)) write_attribute(name, value, words && name == "style" ? "margin:0;" : "");
  }
  result_.html += ">";
}

void Filter::write_attribute(std::string_view name, std::string_view value, std::string_view before) {
  result_.html += " " + std::string(name) + "=\"" + std::string(before);
  for (const char c : value) {
    if (c == '"') {
      result_.html += "&quot;";
    } else if (c != '\0') {
      result_.html += c;
    }
  }
  result_.html += '"';
}

/// The page's colours, so that white text has its dark ground.
void Filter::body(const Tag& tag) {
  const std::string_view ground = tag.value("bgcolor"), colour = tag.value("text"), style = tag.value("style");
  if (std::exchange(had_body_, true) || (ground.empty() && colour.empty() && style.empty())) return;
  std::string all;
  if (!ground.empty()) all += "background-color:" + std::string(ground) + ";";
  if (!colour.empty()) all += "color:" + std::string(colour) + ";";
  all += style;
  write({false, false, "div", {{"style", all}}});
}

}  // namespace

FilteredHtml filter_html(std::string_view html) {
  return Filter(html).run();
}

}  // namespace postern::portal
