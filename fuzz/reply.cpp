// Any bytes as a server's replies, by lines; each as the answer to EHLO too.
#include <algorithm>
#include <string>

#include "fuzz/target.hpp"
#include "smtp/extensions.hpp"
#include "smtp/reply_parser.hpp"

using namespace postern;
using namespace postern::smtp;
using fuzz::require;

namespace {

constexpr std::size_t longest_kept = 500;  // of a line that our own formatting does not cut

/// Taken line by line; false where the peer said something else.
bool parse(ReplyParser& parser, std::string_view& rest) {
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const auto progress = parser.add(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (progress != ReplyParser::Progress::more) return progress == ReplyParser::Progress::done;
  }
  return false;
}

void check_bounds(const ReplyParser& parser) {
  const mail::PeerReply& reply = parser.reply();
  require(reply.code >= 200 && reply.code <= 599 && reply.text.raw().size() <= 4096);
  require(!parser.lines().empty() && parser.lines().size() <= 200);
  if (reply.status) {
    require(reply.status->klass == reply.code / 100);
    require(reply.status->subject <= 999 && reply.status->detail <= 999);
    require(parser.lines().front().starts_with(reply.status->str().substr(0, 2)));
  }
  const std::string clean = reply.text.cleaned();
  require(clean.size() <= 256 && std::ranges::all_of(clean, [](char c) { return c >= ' ' && c <= '~'; }));
}

/// Said as we would say it, it is heard the same.
void check_said_again(const ReplyParser& parser) {
  mail::Reply ours{parser.reply().code, {}, {}};
  for (const std::string& line : parser.lines()) {
    if (line.size() > longest_kept) return;
    ours.text += (&line == &parser.lines().front() ? "" : "\n") + line;
  }
  std::string wire = mail::format_reply(ours);
  for (std::size_t cr = wire.find("\r\n"); cr != std::string::npos; cr = wire.find("\r\n", cr))
    wire.erase(cr, 1);  // line ends are another's business
  ReplyParser again;
  std::string_view rest = wire;
  require(parse(again, rest) && again.reply() == parser.reply() && again.lines() == parser.lines() && rest.empty());
}

/// What stands in the first line is the host's name, not an offer; the order of the others means nothing.
void check_extensions(std::vector<std::string> lines) {
  const Extensions found = parse_extensions(lines);
  const Extensions nothing = parse_extensions({lines.front()});
  require(!nothing.starttls && !nothing.pipelining && !nothing.eight_bit && !nothing.dsn && !nothing.utf8);
  std::reverse(lines.begin() + 1, lines.end());
  const Extensions reversed = parse_extensions(lines);
  require(found.starttls == reversed.starttls && found.pipelining == reversed.pipelining && found.dsn == reversed.dsn);
  require(found.utf8 == reversed.utf8 && found.eight_bit == reversed.eight_bit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text(data, size);
  for (;;) {
    ReplyParser parser;
    if (!parse(parser, rest)) return 0;
    check_bounds(parser);
    check_said_again(parser);
    check_extensions(parser.lines());
  }
}
