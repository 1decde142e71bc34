// What a peer sent and was not yet used: lines for commands and replies, blocks for bodies. Bounded.
#pragma once

#include <string>
#include <string_view>

#include "net/stream.hpp"

namespace postern::smtp {

struct Line {
  enum class Kind { good, too_long, bare_line_end, closed } kind = Kind::good;
  std::string text;  // without CRLF; only for `good`
};

class Input {
 public:
  Input(net::Stream& stream, std::size_t longest_line) : stream_(stream), longest_line_(longest_line) {}

  /// A complete line is here already: reading it will not wait.
  [[nodiscard]] bool has_line() const { return buffered().find('\n') != std::string_view::npos; }
  /// The next line. Only CRLF ends one (RFC 5321 §2.3.8); one that ends otherwise is taken up to its LF and
  /// reported.
  net::awaitable<Line> line();

  [[nodiscard]] std::string_view buffered() const { return std::string_view(buffer_).substr(at_); }
  void consume(std::size_t octets) { at_ += octets; }
  /// Reads more into the buffer, a body's worth at a time; false at the end of the stream.
  net::awaitable<bool> fill_block();
  void clear() {
    buffer_.clear();
    at_ = 0;
  }

 private:
  Line take_line(std::size_t length);
  net::awaitable<bool> fill(std::size_t most);

  net::Stream& stream_;
  std::size_t longest_line_;
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace postern::smtp
