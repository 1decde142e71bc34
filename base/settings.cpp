#include "base/settings.hpp"

#include <charconv>

#include "base/nearest.hpp"

namespace postern {
namespace {

template <class N>
using Units = std::vector<std::pair<std::string_view, N>>;

const Units<std::int64_t> time_units = {{"ms", 1},        {"s", 1000},       {"m", 60'000},
                                        {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}};
const Units<std::int64_t> size_units = {
    {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", std::int64_t{1} << 40}};

/// "15m" → 15 · 60 000; nothing where it is no number with one of the units, or is too large to be meant.
std::optional<std::int64_t> with_unit(std::string_view text, const Units<std::int64_t>& units) {
  constexpr std::int64_t most = 1'000'000'000;
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || value < 0 || value > most) return std::nullopt;
  const std::string_view unit(parsed.ptr, static_cast<std::size_t>(text.data() + text.size() - parsed.ptr));
  const auto found = std::ranges::find(units, unit, &std::pair<std::string_view, std::int64_t>::first);
  if (found == units.end() || value > INT64_MAX / found->second) return std::nullopt;
  return value * found->second;
}

std::string format_with_unit(std::int64_t value, const Units<std::int64_t>& units) {
  for (auto at = units.rbegin(); at != units.rend(); ++at) {
    if (value >= at->second && value % at->second == 0)
      return std::to_string(value / at->second) + std::string(at->first);
  }
  return std::to_string(value);
}

bool in_bounds(Reading& in, const Node& node, std::int64_t value, std::int64_t least, std::int64_t most,
               const std::function<std::string(std::int64_t)>& format) {
  if (value >= least && value <= most) return true;
  in.complain(node, format(value) + " is out of bounds: from " + format(least) + " to " + format(most));
  return false;
}

}  // namespace

std::optional<std::string> read_text(Reading& in, const Node& node) {
  if (const std::string* value = node.string()) return *value;
  in.expected(node, "a string");
  return std::nullopt;
}

std::vector<std::string> read_texts(Reading& in, const Node& node) {
  std::vector<std::string> values;
  if (const std::string* one = node.string()) {
    values.push_back(*one);
  } else if (const NodeList* list = node.list()) {
    for (const Node& element : *list) {
      if (auto value = read_text(in, element)) values.push_back(std::move(*value));
    }
    if (list->empty()) in.complain(node, "the list is empty");
  } else {
    in.expected(node, "a string or a list of strings");
  }
  return values;
}

std::optional<std::int64_t> read_number(Reading& in, const Node& node, std::int64_t least, std::int64_t most) {
  const std::int64_t* value = node.integer();
  if (value == nullptr) {
    in.expected(node, "a whole number");
    return std::nullopt;
  }
  if (!in_bounds(in, node, *value, least, most, [](std::int64_t n) { return std::to_string(n); })) return std::nullopt;
  return *value;
}

std::optional<bool> read_flag(Reading& in, const Node& node) {
  if (const bool* value = node.boolean()) return *value;
  in.expected(node, "true or false");
  return std::nullopt;
}

Result<Duration> parse_duration(std::string_view text) {
  const auto value = with_unit(std::string(text), time_units);
  if (!value) return fail(Errc::invalid, "expected a time: a number with ms, s, m, h, d or w, like \"15m\"");
  return Duration(*value);
}

std::optional<Duration> read_duration(Reading& in, const Node& node, Duration least, Duration most) {
  const std::string* text = node.string();
  const Result<Duration> value = parse_duration(text != nullptr ? *text : "");
  if (!value) {
    in.complain(node, value.error().text);
    return std::nullopt;
  }
  const auto format = [](std::int64_t n) { return format_with_unit(n, time_units); };
  if (!in_bounds(in, node, value->count(), least.count(), most.count(), format)) return std::nullopt;
  return *value;
}

std::optional<std::uint64_t> read_octets(Reading& in, const Node& node, std::uint64_t least, std::uint64_t most) {
  const std::string* text = node.string();
  const auto value = text != nullptr             ? with_unit(*text, size_units)
                     : node.integer() != nullptr ? std::optional(*node.integer())
                                                 : std::nullopt;
  if (!value) {
    in.complain(node, "expected a size: a number with B, KiB, MiB, GiB or TiB, like \"150MiB\"");
    return std::nullopt;
  }
  const auto format = [](std::int64_t n) { return format_with_unit(n, size_units); };
  if (!in_bounds(in, node, *value, static_cast<std::int64_t>(least), static_cast<std::int64_t>(most), format))
    return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::vector<Network> read_networks(Reading& in, const Node& node) {
  std::vector<Network> networks;
  for (const std::string& text : read_texts(in, node)) {
    auto network = Network::parse(text);
    if (!network) {
      in.complain(node, network.error().text);
    } else {
      networks.push_back(std::move(*network));
    }
  }
  return networks;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  if (const auto near = nearest(word, known)) return " (did you mean '" + *near + "'?)";
  std::string all;
  for (const std::string& name : known)
    all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "" : " (known: " + all + ")";
}

std::string format_reference(const std::vector<SettingDoc>& rows) {
  std::string out = "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const SettingDoc& row : rows) {
    const std::string fallback =
        row.fallback.empty() || row.fallback == "required" ? row.fallback : "`" + row.fallback + "`";
    out += "| `" + row.key + "` | " + row.type + " | " + fallback + " | " + row.doc + " |\n";
  }
  return out;
}

}  // namespace postern
