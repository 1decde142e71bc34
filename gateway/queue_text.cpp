#include "gateway/queue_text.hpp"

#include <fmt/format.h>

#include "gateway/json_text.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

std::uint64_t number(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_number() ? value->to_number<std::uint64_t>() : 0;
}

std::string state_of(const json::object& recipient) {
  const std::string state = text_of(recipient, "state");
  if (state == "queued") return "queued, due " + text_of(recipient, "due");
  if (state == "held") return "held (" + text_of(recipient, "held_for") + ") until " + text_of(recipient, "expires");
  return state;
}

std::string head_of(const json::object& message) {
  return fmt::format("{}  {}  {} bytes  <{}>\n", text_of(message, "id"), text_of(message, "accepted"),
                     number(message, "size"), text_of(message, "sender"));
}

}  // namespace

std::string format_queue_list(const json::object& answer) {
  std::string out;
  for (const json::value& value : answer.at("messages").as_array()) {
    const json::object& message = value.as_object();
    out += head_of(message);
    for (const json::value& one : message.at("recipients").as_array()) {
      const json::object& recipient = one.as_object();
      out += fmt::format("    {}  {}  {}\n", text_of(recipient, "address"), text_of(recipient, "action"),
                         state_of(recipient));
    }
  }
  if (const std::uint64_t more = number(answer, "more"); more > 0) {
    out += fmt::format("and {} more: --after {}\n", more, text_of(answer, "last"));
  }
  return out.empty() ? "nothing of this kind is in the queue\n" : out;
}

std::string format_queue_done(const json::object& answer) {
  std::string out =
      fmt::format("{} recipient(s) of {} message(s)\n", number(answer, "recipients"), number(answer, "messages"));
  if (const std::uint64_t busy = number(answer, "busy"); busy > 0) {
    out += fmt::format("{} left alone: being delivered at this moment\n", busy);
  }
  if (const std::uint64_t denied = number(answer, "denied"); denied > 0) {
    out += fmt::format("{} left alone: they would be protected less there\n", denied);
  }
  return out;
}

std::string format_queue_message(const json::object& answer) {
  const json::object& message = answer.at("message").as_object();
  std::string out = head_of(message);
  out += fmt::format("tenant {}  message-id {}\n", text_of(message, "tenant"), text_of(message, "message_id"));
  for (const json::value& one : message.at("recipients").as_array()) {
    const json::object& recipient = one.as_object();
    out += fmt::format("\n{}: {}\n    {}, {} attempt(s)\n", text_of(recipient, "address"), text_of(recipient, "action"),
                       state_of(recipient), number(recipient, "attempts"));
    const std::uint64_t rung = number(recipient, "rung");
    const json::array& ladder = recipient.at("ladder").as_array();
    for (std::size_t i = 0; i < ladder.size(); ++i) {
      out += fmt::format("    {} {}\n", i == rung ? "->" : "  ", std::string(ladder[i].as_string()));
    }
    if (const std::string reason = text_of(recipient, "last_reason"); !reason.empty()) {
      out += "    last: " + reason + "\n";
    }
  }
  return out;
}

std::string format_status(const json::object& answer) {
  return fmt::format(
      "{} running since {}\n{} message(s): {} recipient(s) queued, {} held, {} unjudged; {} deliveries under way\n"
      "policy {}, {} rule(s)\n",
      text_of(answer, "hostname"), text_of(answer, "started"), number(answer, "messages"), number(answer, "queued"),
      number(answer, "held"), number(answer, "unjudged"), number(answer, "delivering"),
      text_of(answer, "policy").substr(0, 12), number(answer, "rules"));
}

}  // namespace postern::gateway
