// The sending side's turn-taking: one command or a batch goes out, its replies come in, and nothing else is
// believed.
//
// Everything that makes the server's words unusable is a net::Broken: malformed replies, and replies that
// come before they were asked for – after one of those, each further reply would be taken for the answer to
// another command.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "mail/reply.hpp"
#include "net/stream.hpp"
#include "smtp/input.hpp"
#include "smtp/reply_parser.hpp"

namespace postern::smtp {

/// The server said 421, which may come at any time (RFC 5321 §3.8): it is closing.
struct Closing : net::Broken {
  explicit Closing(mail::PeerReply said) : Broken("the server is closing the connection"), reply(std::move(said)) {}
  mail::PeerReply reply;
};

class Conversation {
 public:
  Conversation(net::Stream& stream, std::chrono::milliseconds patience);

  /// Sends one command, given without its CRLF, and reads its reply.
  net::awaitable<mail::PeerReply> ask(std::string command);
  /// Sends commands or a body, whose replies are read by `reply`. `bytes` must stay until it returns.
  net::awaitable<void> say(std::string_view bytes, std::chrono::milliseconds patience);
  net::awaitable<mail::PeerReply> reply(std::chrono::milliseconds patience);
  /// Politeness only: whatever happens here is of no consequence.
  net::awaitable<void> quit();

  /// The text of each line of the last reply.
  [[nodiscard]] const std::vector<std::string>& lines() const { return parser_.lines(); }
  /// Nothing was sent to us that was not read.
  [[nodiscard]] bool quiet() const { return input_.buffered().empty(); }

 private:
  net::Stream& stream_;
  std::chrono::milliseconds patience_;
  Input input_;
  ReplyParser parser_;
};

}  // namespace postern::smtp
