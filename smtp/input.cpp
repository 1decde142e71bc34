#include "smtp/input.hpp"

#include <span>

namespace postern::smtp {
namespace {

constexpr std::size_t line_read = 4U << 10, block_read = 64U << 10;

}  // namespace

net::awaitable<bool> Input::fill_block() {
  co_return co_await fill(block_read);
}

net::awaitable<bool> Input::fill(std::size_t most) {
  buffer_.erase(0, at_);
  at_ = 0;
  // Thousands of connections wait for their next command: none keeps a body's buffer meanwhile.
  if (buffer_.empty() && most < buffer_.capacity() / 4) buffer_ = std::string();
  const std::size_t held = buffer_.size();
  // Without zeroing what the read overwrites.
  buffer_.resize_and_overwrite(held + most, [](char*, std::size_t size) { return size; });
  std::size_t got = 0;
  try {
    got = co_await stream_.read_some(std::span(buffer_).subspan(held));
  } catch (...) {
    buffer_.resize(held);
    throw;
  }
  buffer_.resize(held + got);
  co_return got > 0;
}

net::awaitable<Line> Input::line() {
  bool too_long = false;
  for (;;) {
    const std::size_t end = buffered().find('\n');
    if (end != std::string_view::npos) {
      Line line = take_line(end + 1);
      if (too_long) line = {Line::Kind::too_long, {}};
      co_return line;
    }
    if (buffered().size() > longest_line_) {
      too_long = true;  // the rest of it is dropped as it comes
      consume(buffered().size());
    }
    if (!co_await fill(line_read)) co_return Line{Line::Kind::closed, {}};
  }
}

Line Input::take_line(std::size_t length) {
  const std::string_view taken = buffered().substr(0, length);
  consume(length);
  if (length > longest_line_) return {Line::Kind::too_long, {}};
  if (!taken.ends_with("\r\n")) return {Line::Kind::bare_line_end, {}};
  const std::string_view text = taken.substr(0, length - 2);
  if (text.find('\r') != std::string_view::npos || text.find('\0') != std::string_view::npos) {
    return {Line::Kind::bare_line_end, {}};
  }
  return {Line::Kind::good, std::string(text)};
}

}  // namespace postern::smtp
