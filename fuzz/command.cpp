// Any bytes as a command line: through the parser, and through the table of states in every state.
#include "smtp/command.hpp"

#include "fuzz/target.hpp"
#include "smtp/parameters.hpp"
#include "smtp/server_states.hpp"

using namespace postern;
using namespace postern::smtp;
using fuzz::require;

namespace {

void check_table(const Command& command) {
  for (const State state : {State::connected, State::ready, State::envelope, State::recipients, State::chunks}) {
    for (const Starttls starttls : {Starttls::off, Starttls::offered, Starttls::required}) {
      for (const bool tls : {false, true}) {
        const auto refused = refusal({state, tls, true, starttls}, command);
        if (refused) require(!refused->positive() && refused->code >= 400);
        const bool from = std::holds_alternative<MailFrom>(command);
        const bool data = std::holds_alternative<Data>(command) || std::holds_alternative<Bdat>(command);
        // Who must use TLS says nothing of a message before it; who named no recipient sends none.
        if (from && !tls && starttls == Starttls::required) require(refused.has_value());
        if (data && state != State::recipients && state != State::chunks) require(refused.has_value());
        if (!refused && from) require(next(state, command) == State::envelope);
      }
    }
  }
}

// What was understood can be said again, and is understood the same.

void check_again(const MailFrom& command) {
  std::string text = "MAIL FROM:" + mail::format_path(command.from) + format_dsn_parameters(command.parameters);
  if (command.parameters.size != 0) text += " SIZE=" + std::to_string(command.parameters.size);
  if (command.parameters.eight_bit) text += " BODY=8BITMIME";
  if (command.parameters.utf8) text += " SMTPUTF8";
  if (command.parameters.requiretls) text += " REQUIRETLS";
  const Command again = parse_command(text);
  const auto* same = std::get_if<MailFrom>(&again);
  require(same != nullptr && same->from == command.from && same->parameters == command.parameters);
}

void check_again(const RcptTo& command) {
  const Command again = parse_command("RCPT TO:<" + command.to.str() + ">" + format_dsn_parameters(command.parameters));
  const auto* same = std::get_if<RcptTo>(&again);
  require(same != nullptr && same->to == command.to && same->parameters == command.parameters);
}

void check_again(const Bdat& command) {
  const Command again = parse_command("BDAT " + std::to_string(command.size) + (command.last ? " LAST" : ""));
  const auto* same = std::get_if<Bdat>(&again);
  require(same != nullptr && same->size == command.size && same->last == command.last);
}

/// It goes into our trace header.
void check_again(const Helo& command) {
  require(!command.name.empty() && command.name.find_first_of(" \r\n\t()<>;\"") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Command command = parse_command(fuzz::text(data, size));
  check_table(command);
  if (const auto* from = std::get_if<MailFrom>(&command)) check_again(*from);
  if (const auto* to = std::get_if<RcptTo>(&command)) check_again(*to);
  if (const auto* chunk = std::get_if<Bdat>(&command)) check_again(*chunk);
  if (const auto* helo = std::get_if<Helo>(&command)) check_again(*helo);
  if (const auto* bad = std::get_if<BadCommand>(&command)) require(!bad->reply.positive());
  return 0;
}
