#include "base/toml.hpp"

#include <algorithm>

#include <toml++/toml.h>

namespace postern {
namespace {

Node convert(const toml::node& from);

NodeTable convert_table(const toml::table& from) {
  NodeTable table;
  for (const auto& [key, value] : from) {
    table.push_back({std::string(key.str()), key.source().begin.line, key.source().begin.column, convert(value)});
  }
  // toml++ sorts by name; people read in the order of the file.
  std::ranges::stable_sort(table, {}, [](const NodeEntry& e) { return std::pair(e.line, e.column); });
  return table;
}

Node convert(const toml::node& from) {
  Node node;
  node.line = from.source().begin.line;
  node.column = from.source().begin.column;
  if (const auto* table = from.as_table()) {
    node.value = convert_table(*table);
  } else if (const auto* array = from.as_array()) {
    NodeList list;
    for (const toml::node& element : *array)
      list.push_back(convert(element));
    node.value = std::move(list);
  } else if (const auto* text = from.as_string()) {
    node.value = text->get();
  } else if (const auto* integer = from.as_integer()) {
    node.value = integer->get();
  } else if (const auto* number = from.as_floating_point()) {
    node.value = number->get();
  } else if (const auto* truth = from.as_boolean()) {
    node.value = truth->get();
  } else if (const auto* date = from.as_date()) {
    const toml::date& day = date->get();
    node.value = std::chrono::year(day.year) / std::chrono::month(day.month) / std::chrono::day(day.day);
  } else {
    node.value = std::string();  // times of day: nothing of ours takes one, and an empty string is refused everywhere
  }
  return node;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const NodeTable* entries = table();
  if (entries == nullptr) return nullptr;
  const auto found = std::ranges::find(*entries, key, &NodeEntry::key);
  return found == entries->end() ? nullptr : &found->value;
}

std::string_view Node::kind() const {
  struct Kind {
    std::string_view operator()(const std::string&) const { return "a string"; }
    std::string_view operator()(std::int64_t) const { return "a whole number"; }
    std::string_view operator()(double) const { return "a fraction"; }
    std::string_view operator()(bool) const { return "true or false"; }
    std::string_view operator()(const std::chrono::year_month_day&) const { return "a date"; }
    std::string_view operator()(const NodeList&) const { return "a list"; }
    std::string_view operator()(const NodeTable&) const { return "a table"; }
  };
  return std::visit(Kind{}, value);
}

std::expected<Node, Diagnostics> parse_toml(std::string_view text, const std::string& file) {
  try {
    return convert(toml::parse(text, file));
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    return std::unexpected(Diagnostics{{file, at.line, at.column, std::string(error.description())}});
  }
}

}  // namespace postern
