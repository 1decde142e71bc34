#include "tests/portal/safe_reading.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include <gumbo.h>

namespace postern::portal {
namespace {

const std::set<std::string_view> tags = {
    "a",      "abbr",       "acronym", "address", "article", "aside", "b",     "bdi",     "bdo",
    "big",    "blockquote", "br",      "caption", "center",  "cite",  "code",  "col",     "colgroup",
    "dd",     "del",        "dfn",     "dir",     "div",     "dl",    "dt",    "em",      "figcaption",
    "figure", "font",       "footer",  "h1",      "h2",      "h3",    "h4",    "h5",      "h6",
    "header", "hr",         "i",       "img",     "ins",     "kbd",   "li",    "main",    "mark",
    "nav",    "ol",         "p",       "pre",     "q",       "s",     "samp",  "section", "small",
    "span",   "strike",     "strong",  "sub",     "sup",     "table", "tbody", "td",      "tfoot",
    "th",     "thead",      "time",    "tr",      "tt",      "u",     "ul",    "var",     "wbr"};
const std::set<std::string_view> attributes = {
    "style",   "title",       "dir",         "lang",   "href",        "rel",     "target",  "src",
    "alt",     "border",      "hspace",      "vspace", "width",       "height",  "align",   "valign",
    "bgcolor", "cellpadding", "cellspacing", "role",   "bordercolor", "colspan", "rowspan", "nowrap",
    "scope",   "abbr",        "span",        "color",  "face",        "size",    "noshade", "clear",
    "start",   "reversed",    "type",        "value",  "compact"};

bool style_is_plain(std::string_view style) {
  const bool known = std::ranges::all_of(style, [](char c) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return word || std::string_view(" -_.,:;%#()'").contains(c) || static_cast<unsigned char>(c) >= 0x80;
  });
  for (std::size_t at = style.find('('); at != std::string_view::npos; at = style.find('(', at + 1)) {
    const std::string_view before = style.substr(0, at);
    if (!before.ends_with("rgb") && !before.ends_with("rgba")) return false;
  }
  return known && !style.contains("position") && !style.contains("behavior");
}

std::string fault(std::string_view tag, std::string_view name, std::string_view value, std::string_view image) {
  const std::string where = std::string(tag) + " " + std::string(name) + "=" + std::string(value);
  if (!attributes.contains(name)) return "attribute: " + where;
  if (name == "href" && !value.starts_with("http://") && !value.starts_with("https://") &&
      !value.starts_with("mailto:"))
    return "scheme: " + where;
  if (name == "src" && value != image) return "image: " + where;
  if (name == "style" && !style_is_plain(value)) return "style: " + where;
  if (name == "target" && value != "_blank") return "target: " + where;
  return {};
}

std::string fault_of(const GumboNode* node, std::string_view image) {
  if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE) return {};
  if (node->type != GUMBO_NODE_ELEMENT) return "a comment, template or section";
  const GumboElement& element = node->v.element;
  const std::string_view tag = gumbo_normalized_tagname(element.tag);
  if (element.tag_namespace != GUMBO_NAMESPACE_HTML || !tags.contains(tag)) return "element: " + std::string(tag);
  for (unsigned i = 0; i < element.attributes.length; ++i) {
    const auto* one = static_cast<const GumboAttribute*>(element.attributes.data[i]);
    if (std::string found = fault(tag, one->name, one->value, image); !found.empty()) return found;
  }
  return {};
}

std::string first_fault(const GumboNode* body, std::string_view image) {
  std::vector<const GumboNode*> waiting{body};
  while (!waiting.empty()) {
    const GumboNode* node = waiting.back();
    waiting.pop_back();
    if (node != body) {
      if (std::string found = fault_of(node, image); !found.empty()) return found;
    }
    if (node->type != GUMBO_NODE_ELEMENT) continue;
    const GumboVector& children = node->v.element.children;
    for (unsigned i = 0; i < children.length; ++i)
      waiting.push_back(static_cast<const GumboNode*>(children.data[i]));
  }
  return {};
}

}  // namespace

std::string unsafe_because(const std::string& html, const std::string& image) {
  const std::string page = "<!DOCTYPE html><html><head></head><body>" + html;
  GumboOutput* output = gumbo_parse_with_options(&kGumboDefaultOptions, page.data(), page.size());
  const auto* body = static_cast<const GumboNode*>(output->root->v.element.children.data[1]);
  std::string found = first_fault(body, image);
  if (body->v.element.attributes.length > 0) found = "an attribute of the page's body";
  gumbo_destroy_output(&kGumboDefaultOptions, output);
  return found;
}

}  // namespace postern::portal
