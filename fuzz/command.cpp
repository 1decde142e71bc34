// Any bytes as a command line, through the parser and the table of states.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "smtp/server_states.hpp"

using namespace postern;
using namespace postern::smtp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Command command = parse_command({reinterpret_cast<const char*>(data), size});
  for (const State state : {State::connected, State::ready, State::envelope, State::recipients, State::chunks}) {
    const auto refused = refusal({state, false, Starttls::offered}, command);
    if (refused && refused->positive()) std::abort();
    if (!refused) (void)next(state, command);
  }
  // What was understood can be said again, and is understood the same.
  if (const auto* from = std::get_if<MailFrom>(&command)) {
    const Command again = parse_command("MAIL FROM:" + mail::format_path(from->from));
    const auto* same = std::get_if<MailFrom>(&again);
    if (same == nullptr || same->from != from->from) std::abort();
  }
  if (const auto* to = std::get_if<RcptTo>(&command)) {
    const Command again = parse_command("RCPT TO:<" + to->to.str() + ">");
    const auto* same = std::get_if<RcptTo>(&again);
    if (same == nullptr || same->to != to->to) std::abort();
  }
  return 0;
}
