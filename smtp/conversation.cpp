#include "smtp/conversation.hpp"

namespace postern::smtp {
namespace {

constexpr std::size_t longest_reply_line = 2048;  // 512 by RFC 5321 §4.5.3.1.5; some say more
constexpr std::chrono::seconds quit_patience{5};

}  // namespace

Conversation::Conversation(net::Stream& stream, std::chrono::milliseconds patience)
    : stream_(stream), patience_(patience), input_(stream, longest_reply_line) {}

net::awaitable<mail::PeerReply> Conversation::ask(std::string command) {
  command += "\r\n";
  co_await say(command, patience_);
  co_return co_await reply(patience_);
}

net::awaitable<void> Conversation::say(std::string_view bytes, std::chrono::milliseconds patience) {
  if (!quiet()) {
    (void)co_await reply(patience);  // a 421 is the one thing that it may say unasked
    throw net::Broken("the server answers before it is asked");
  }
  stream_.expires_after(patience);
  co_await stream_.write(bytes);
}

net::awaitable<mail::PeerReply> Conversation::reply(std::chrono::milliseconds patience) {
  stream_.expires_after(patience);
  parser_ = ReplyParser();
  for (;;) {
    const Line line = co_await input_.line();
    if (line.kind == Line::Kind::closed) throw net::Broken("the server closed the connection");
    if (line.kind != Line::Kind::good) throw net::Broken("the server's reply is malformed");
    const ReplyParser::Progress progress = parser_.add(line.text);
    if (progress == ReplyParser::Progress::malformed) throw net::Broken("the server's reply is malformed");
    if (progress == ReplyParser::Progress::done) break;
  }
  if (parser_.reply().code == 421) throw Closing(parser_.reply());
  co_return parser_.reply();
}

net::awaitable<void> Conversation::quit() {
  try {
    co_await say("QUIT\r\n", quit_patience);
    (void)co_await reply(quit_patience);
  } catch (const net::Broken&) {  // what was decided stands
  }
}

}  // namespace postern::smtp
