// Values of settings that more than one part of the schema reads.
#pragma once

#include <utility>
#include <vector>

#include "base/secret_ref.hpp"
#include "base/settings.hpp"

namespace postern::gateway {

[[nodiscard]] inline std::optional<SecretRef> read_secret_ref(Reading& in, const Node& node) {
  const auto value = read_text(in, node);
  if (!value) return std::nullopt;
  auto ref = parse_secret_ref(*value);
  if (!ref) {
    in.complain(node, ref.error().text);
    return std::nullopt;
  }
  return *ref;
}

/// [first, longest]: waits between tries
[[nodiscard]] inline std::optional<std::pair<Duration, Duration>> read_retry(Reading& in, const Node& node) {
  using namespace std::chrono_literals;
  const NodeList* list = node.list();
  if (list == nullptr || list->size() != 2) {
    in.complain(node, "retry is [first, longest], like [\"1m\", \"4h\"]");
    return std::nullopt;
  }
  const auto first = read_duration(in, (*list)[0], 1s, 24h), longest = read_duration(in, (*list)[1], 1s, 24h);
  if (!first || !longest) return std::nullopt;
  if (*first > *longest) {
    in.complain(node, "the first retry is later than the longest");
    return std::nullopt;
  }
  return std::pair(*first, *longest);
}

/// A list of tables, or tables by name: each read by the same settings.
template <class T>
void read_each(Reading& in, const Node& node, const Settings<T>& settings, std::vector<T>& into) {
  const NodeList* list = node.list();
  if (list == nullptr) return in.expected(node, "a list of tables");
  for (const Node& element : *list) {
    T one;
    read_table(in, element, settings, one);
    into.push_back(std::move(one));
  }
}

}  // namespace postern::gateway
