// Frames of the deposit socket on a stream: four octets of length, big-endian, and a body.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "net/stream.hpp"

namespace postern::portal {

/// The body of the next one, which must begin within `patience` and go on within 30 seconds. Nothing at the end of the
/// stream, also in the midst of a frame. Throws net::Broken where it is longer than longest_frame.
net::awaitable<std::optional<std::string>> read_frame(net::Stream& stream, std::chrono::milliseconds patience);

/// `frame`, with its length before it, within 30 seconds.
net::awaitable<void> write_frame(net::Stream& stream, std::string frame);

}  // namespace postern::portal
