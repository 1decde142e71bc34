#include "portal/frames.hpp"

#include "portal/deposit_protocol.hpp"

namespace postern::portal {
namespace {

constexpr std::chrono::seconds one_frame{30};

net::awaitable<std::optional<std::string>> read_exactly(net::Stream& stream, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size;) {
    const std::size_t got = co_await stream.read_some(std::span(bytes).subspan(at));
    if (got == 0) co_return std::nullopt;
    at += got;
  }
  co_return bytes;
}

}  // namespace

net::awaitable<std::optional<std::string>> read_frame(net::Stream& stream, std::chrono::milliseconds patience) {
  stream.expires_after(patience);
  const std::optional<std::string> head = co_await read_exactly(stream, 4);
  if (!head) co_return std::nullopt;
  std::size_t size = 0;
  for (const char byte : *head)
    size = size << 8 | static_cast<unsigned char>(byte);
  if (size > longest_frame) throw net::Broken("a frame of " + std::to_string(size) + " octets");
  stream.expires_after(one_frame);
  co_return co_await read_exactly(stream, size);
}

net::awaitable<void> write_frame(net::Stream& stream, std::string frame) {
  stream.expires_after(one_frame);
  co_await stream.write(frame);
}

}  // namespace postern::portal
