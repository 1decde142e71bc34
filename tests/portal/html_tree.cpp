#include "html_tree.hpp"

#include <gumbo.h>

namespace postern::test {
namespace {

std::string flatten(const GumboNode& node, std::size_t depth, std::vector<Element>& into) {
  if (node.type != GUMBO_NODE_ELEMENT && node.type != GUMBO_NODE_TEMPLATE) {
    const bool text = node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE;
    return text ? node.v.text.text : "";
  }
  const GumboElement& element = node.v.element;
  const std::size_t place = into.size();
  into.emplace_back();
  std::string tag = gumbo_normalized_tagname(element.tag);
  if (tag.empty()) {
    GumboStringPiece original = element.original_tag;
    gumbo_tag_from_original_text(&original);
    tag.assign(original.data, original.length);
  }
  Element made{.tag = tag, .attributes = {}, .text = {}, .depth = depth};
  for (unsigned i = 0; i < element.attributes.length; ++i) {
    const auto* attribute = static_cast<const GumboAttribute*>(element.attributes.data[i]);
    made.attributes[attribute->name] = attribute->value;
  }
  for (unsigned i = 0; i < element.children.length; ++i) {
    made.text += flatten(*static_cast<const GumboNode*>(element.children.data[i]), depth + 1, into);
  }
  std::string text = made.text;
  into[place] = std::move(made);
  return text;
}

}  // namespace

HtmlTree parsed(std::string_view html) {
  HtmlTree tree;
  GumboOutput* output = gumbo_parse_with_options(&kGumboDefaultOptions, html.data(), html.size());
  tree.errors = output->errors.length;
  flatten(*output->root, 0, tree.elements);
  gumbo_destroy_output(&kGumboDefaultOptions, output);
  return tree;
}

std::vector<Element> HtmlTree::all(std::string_view tag) const {
  std::vector<Element> found;
  std::ranges::copy_if(elements, std::back_inserter(found), [&](const Element& one) { return one.tag == tag; });
  return found;
}

std::vector<Element> HtmlTree::where(const std::string& attribute, std::string_view value) const {
  std::vector<Element> found;
  std::ranges::copy_if(elements, std::back_inserter(found),
                       [&](const Element& one) { return one.has(attribute) && one.at(attribute) == value; });
  return found;
}

std::string HtmlTree::skeleton() const {
  std::string out;
  for (const Element& one : elements)
    out += std::string(one.depth, ' ') + one.tag + "\n";
  return out;
}

}  // namespace postern::test
