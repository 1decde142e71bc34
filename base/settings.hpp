// Settings, declared once: a key with its type, default and documentation, and how it is read. From the same
// declarations come the parser, its error texts (with the nearest known key) and the generated reference.
//
//   const Settings<Delivery> delivery = {
//       number("port", &Delivery::port, 1, 65535, "25", "Port of the recipients' servers"),
//       duration("expire", &Delivery::expire, 1min, 24h * 30, "2d", "When mail that cannot be delivered is given up"),
//   };
//   read_table(reading, node, delivery, into);          // every complaint is in reading.diagnostics
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/network.hpp"
#include "base/toml.hpp"

namespace postern {

/// One file being read.
struct Reading {
  std::string file;
  Diagnostics diagnostics;

  void complain(unsigned line, unsigned column, std::string text) {
    diagnostics.push_back({file, line, column, std::move(text)});
  }
  void complain(const Node& at, std::string text) { complain(at.line, at.column, std::move(text)); }
  void expected(const Node& found, const std::string& what) {
    complain(found, "expected " + what + ", found " + std::string(found.kind()));
  }
};

/// A line of the generated reference.
struct SettingDoc {
  std::string key, type, fallback, doc;
};

/// As a table, for the documentation.
[[nodiscard]] std::string format_reference(const std::vector<SettingDoc>& rows);

template <class T>
struct Setting {
  std::string key;
  std::string type;
  std::string fallback;  // as it would be written; empty: there is none
  std::string doc;
  std::function<void(Reading&, const Node&, T&)> read;
  bool required = false;
  std::function<void(const std::string& prefix, std::vector<SettingDoc>&)> describe = {};  // of a nested table
};
template <class T>
using Settings = std::vector<Setting<T>>;

// Reading one value; nothing after a complaint.
[[nodiscard]] std::optional<std::string> read_text(Reading& in, const Node& node);
/// A string or a list of strings.
[[nodiscard]] std::vector<std::string> read_texts(Reading& in, const Node& node);
/// "192.0.2.0/24", "2001:db8::/32" or single addresses.
[[nodiscard]] std::vector<Network> read_networks(Reading& in, const Node& node);
[[nodiscard]] std::optional<std::int64_t> read_number(Reading& in, const Node& node, std::int64_t least,
                                                      std::int64_t most);
[[nodiscard]] std::optional<bool> read_flag(Reading& in, const Node& node);
/// "250ms", "10s", "15m", "4h", "2d", "1w".
/// A number with ms, s, m, h, d or w: "15m". Errc::invalid.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
[[nodiscard]] std::optional<Duration> read_duration(Reading& in, const Node& node, Duration least, Duration most);
/// A number of octets, or "64KiB", "150MiB", "1GiB".
[[nodiscard]] std::optional<std::uint64_t> read_octets(Reading& in, const Node& node, std::uint64_t least,
                                                       std::uint64_t most);

/// "… (did you mean 'expire'?)", or the list of what would have been right where nothing is near.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

template <class T>
void read_table(Reading& in, const Node& node, const Settings<T>& settings, T& into) {
  const NodeTable* table = node.table();
  if (table == nullptr) return in.expected(node, "a table");
  for (const NodeEntry& entry : *table) {
    const auto known = std::ranges::find(settings, entry.key, &Setting<T>::key);
    if (known != settings.end()) {
      known->read(in, entry.value, into);
      continue;
    }
    std::vector<std::string> keys;
    for (const Setting<T>& setting : settings)
      keys.push_back(setting.key);
    in.complain(entry.line, entry.column, "unknown key '" + entry.key + "'" + did_you_mean(entry.key, keys));
  }
  for (const Setting<T>& setting : settings) {
    if (setting.required && node.find(setting.key) == nullptr) in.complain(node, "'" + setting.key + "' is missing");
  }
}

template <class T>
void describe(const std::string& prefix, const Settings<T>& settings, std::vector<SettingDoc>& rows) {
  for (const Setting<T>& setting : settings) {
    if (setting.describe) {
      setting.describe(prefix + setting.key, rows);
    } else {
      rows.push_back(
          {prefix + setting.key, setting.type, setting.required ? "required" : setting.fallback, setting.doc});
    }
  }
}

// Declaring

template <class T>
Setting<T> text(std::string key, std::string T::* member, std::string fallback, std::string doc) {
  return {std::move(key), "text", std::move(fallback), std::move(doc),
          [member](Reading& in, const Node& node, T& into) {
            if (auto value = read_text(in, node)) into.*member = std::move(*value);
          }};
}

template <class T>
Setting<T> texts(std::string key, std::vector<std::string> T::* member, std::string doc) {
  return {std::move(key), "list of text", "", std::move(doc),
          [member](Reading& in, const Node& node, T& into) { into.*member = read_texts(in, node); }};
}

template <class T, class N>
Setting<T> number(std::string key, N T::* member, std::int64_t least, std::int64_t most, std::string fallback,
                  std::string doc) {
  return {std::move(key), "number", std::move(fallback), std::move(doc),
          [member, least, most](Reading& in, const Node& node, T& into) {
            if (auto value = read_number(in, node, least, most)) into.*member = static_cast<N>(*value);
          }};
}

template <class T>
Setting<T> flag(std::string key, bool T::* member, std::string fallback, std::string doc) {
  return {std::move(key), "true or false", std::move(fallback), std::move(doc),
          [member](Reading& in, const Node& node, T& into) {
            if (auto value = read_flag(in, node)) into.*member = *value;
          }};
}

template <class T>
Setting<T> duration(std::string key, Duration T::* member, Duration least, Duration most, std::string fallback,
                    std::string doc) {
  return {std::move(key), "time", std::move(fallback), std::move(doc),
          [member, least, most](Reading& in, const Node& node, T& into) {
            if (auto value = read_duration(in, node, least, most)) into.*member = *value;
          }};
}

template <class T>
Setting<T> octets(std::string key, std::uint64_t T::* member, std::uint64_t least, std::uint64_t most,
                  std::string fallback, std::string doc) {
  return {std::move(key), "size", std::move(fallback), std::move(doc),
          [member, least, most](Reading& in, const Node& node, T& into) {
            if (auto value = read_octets(in, node, least, most)) into.*member = *value;
          }};
}

/// One of a few words.
template <class E>
using Words = std::vector<std::pair<std::string, E>>;
template <class E>
std::optional<E> read_word(Reading& in, const Node& node, const Words<E>& words) {
  const auto value = read_text(in, node);
  if (!value) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [name, meaning] : words) {
    if (name == *value) return meaning;
    names.push_back(name);
  }
  in.complain(node, "'" + *value + "' is not a choice here" + did_you_mean(*value, names));
  return std::nullopt;
}
template <class T, class E>
Setting<T> choice(std::string key, E T::* member, const Words<E>& words, std::string fallback, std::string doc) {
  std::string type;
  for (const auto& [name, meaning] : words)
    type += (type.empty() ? "" : ", ") + name;
  return {std::move(key), type, std::move(fallback), std::move(doc),
          [member, words](Reading& in, const Node& node, T& into) {
            if (auto value = read_word(in, node, words)) into.*member = *value;
          }};
}

/// Text that a function reads further: addresses, endpoints, secret references.
template <class T, class V>
Setting<T> parsed(std::string key, V T::* member, Result<V> (*parse)(std::string_view), std::string type,
                  std::string fallback, std::string doc) {
  return {std::move(key), std::move(type), std::move(fallback), std::move(doc),
          [member, parse](Reading& in, const Node& node, T& into) {
            const auto value = read_text(in, node);
            if (!value) return;
            auto made = parse(*value);
            if (!made) return in.complain(node, made.error().text);
            into.*member = std::move(*made);
          }};
}

/// Anything else.
template <class T>
Setting<T> custom(std::string key, std::string type, std::string fallback, std::string doc,
                  std::function<void(Reading&, const Node&, T&)> read) {
  return {std::move(key), std::move(type), std::move(fallback), std::move(doc), std::move(read)};
}

/// A table of its own whose settings fill a part of the value.
template <class T, class U>
Setting<T> section(std::string key, Settings<U> inner, std::type_identity_t<std::function<U&(T&)>> part) {
  return {std::move(key),
          "table",
          "",
          "",
          [inner, part](Reading& in, const Node& node, T& into) { read_table(in, node, inner, part(into)); },
          false,
          [inner](const std::string& prefix, std::vector<SettingDoc>& rows) { describe(prefix + ".", inner, rows); }};
}

/// One whose settings fill the same value.
template <class T>
Setting<T> section(std::string key, Settings<T> inner) {
  return section<T, T>(std::move(key), std::move(inner), [](T& whole) -> T& { return whole; });
}

/// A key that later versions know: said so instead of taken in silence.
template <class T>
Setting<T> later(std::string key) {
  const std::string text = "'" + key + "' is not supported by this version";
  return {std::move(key),
          "",
          "",
          "",
          [text](Reading& in, const Node& node, T&) { in.complain(node, text); },
          false,
          [](const std::string&, std::vector<SettingDoc>&) {}};
}

template <class T>
Setting<T> required(Setting<T> setting) {
  setting.required = true;
  return setting;
}

}  // namespace postern
