// CBOR (RFC 8949) as authenticators write it: definite lengths, no tags, at most four levels (CTAP 2.1 §8). Only where
// things begin and end; a length that lies costs nothing. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string_view>

namespace postern::crypto {

/// How many octets the item takes that `in` begins with. Nothing where there is no whole one.
[[nodiscard]] std::optional<std::size_t> cbor_size(std::string_view in);

/// What a map with text keys holds, each value as an item. Nothing where `in` is anything else, has something behind
/// the map, or a key twice.
[[nodiscard]] std::optional<std::map<std::string_view, std::string_view>> cbor_map(std::string_view in);

/// What a byte string, or a text, that is all of `in` holds.
[[nodiscard]] std::optional<std::string_view> cbor_bytes(std::string_view in);
[[nodiscard]] std::optional<std::string_view> cbor_text(std::string_view in);

}  // namespace postern::crypto
