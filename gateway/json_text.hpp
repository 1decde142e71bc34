// Texts in a JSON object, as requests and answers of the control socket have them.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace postern::gateway {

/// "" where there is none.
[[nodiscard]] inline std::string text_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// The answer that says no, and why.
[[nodiscard]] inline boost::json::object refusal(const std::string& text) {
  return {{"ok", false}, {"error", text}};
}

}  // namespace postern::gateway
