// A page as a browser would parse it, for tests: gumbo's tree, flattened.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::test {

struct Element {
  std::string tag;
  std::map<std::string, std::string> attributes;
  std::string text;  // of all that is in it
  std::size_t depth = 0;

  [[nodiscard]] bool has(const std::string& name) const { return attributes.contains(name); }
  [[nodiscard]] std::string at(const std::string& name) const {
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::string() : found->second;
  }
};

struct HtmlTree {
  std::vector<Element> elements;  // in document order
  unsigned errors = 0;            // against the HTML standard

  [[nodiscard]] std::vector<Element> all(std::string_view tag) const;
  [[nodiscard]] std::vector<Element> where(const std::string& attribute, std::string_view value) const;
  /// Tags and their nesting, without what is in them.
  [[nodiscard]] std::string skeleton() const;
};

[[nodiscard]] HtmlTree parsed(std::string_view html);

}  // namespace postern::test
