// A TOML file as a tree of nodes that know their line and column. toml++ stays behind this header.
//
//   auto tree = parse_toml(text, "postern.toml");     // expected: the root table, or diagnostics
//   const Node* name = tree->find("hostname");
//
// Order of keys is the order in the file.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/diagnostic.hpp"

namespace postern {

struct Node;
struct NodeEntry;
using NodeTable = std::vector<NodeEntry>;
using NodeList = std::vector<Node>;

struct Node {
  std::variant<std::string, std::int64_t, double, bool, std::chrono::year_month_day, NodeList, NodeTable> value;
  unsigned line = 0, column = 0;

  [[nodiscard]] const Node* find(std::string_view key) const;  // null where absent or where this is no table
  [[nodiscard]] const NodeTable* table() const { return std::get_if<NodeTable>(&value); }
  [[nodiscard]] const NodeList* list() const { return std::get_if<NodeList>(&value); }
  [[nodiscard]] const std::string* string() const { return std::get_if<std::string>(&value); }
  [[nodiscard]] const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value); }
  [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&value); }
  [[nodiscard]] const std::chrono::year_month_day* date() const {
    return std::get_if<std::chrono::year_month_day>(&value);
  }
  /// "a string", "a number", "a table" …: for error texts.
  [[nodiscard]] std::string_view kind() const;
};

struct NodeEntry {
  std::string key;
  unsigned line = 0, column = 0;  // of the key
  Node value;
};

[[nodiscard]] std::expected<Node, Diagnostics> parse_toml(std::string_view text, const std::string& file);

}  // namespace postern
