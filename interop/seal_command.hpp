// What a seal tool shares with its commands: bytes in, bytes out, arguments as words.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::interop {

using Words = std::deque<std::string>;

/// The first word, taken; empty where there is none.
[[nodiscard]] inline std::string take(Words& words) {
  if (words.empty()) return {};
  std::string first = std::move(words.front());
  words.pop_front();
  return first;
}

[[nodiscard]] Result<std::string> load_file(const std::string& path);

/// smime [--sign CERTIFICATE KEY clear|opaque] [--encrypt cbc|gcm CERTIFICATE…] [--oaep]: a message in, a message out.
[[nodiscard]] Result<std::string> seal_smime(Words words, std::string_view message);
/// The entity that is sealed: what a reader has to find in the end, octet for octet.
[[nodiscard]] Result<std::string> cut(Words words, std::string_view message);

}  // namespace postern::interop
