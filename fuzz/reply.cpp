// Any bytes as a server's replies, by lines; then as the answer to EHLO.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "smtp/extensions.hpp"
#include "smtp/reply_parser.hpp"

using namespace postern::smtp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  ReplyParser parser;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const auto progress = parser.add(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (progress == ReplyParser::Progress::malformed) break;
    if (progress == ReplyParser::Progress::more) continue;
    const auto& reply = parser.reply();
    if (reply.code < 200 || reply.code > 599 || reply.text.raw().size() > 4096) std::abort();
    if (reply.status && reply.status->klass != reply.code / 100) std::abort();
    (void)parse_extensions(parser.lines());
    parser = ReplyParser();
  }
  return 0;
}
