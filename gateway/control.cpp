#include "gateway/control.hpp"

#include "base/log.hpp"
#include "gateway/queue_admin.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_list = 1000;

json::object refusal(const std::string& text) {
  return {{"ok", false}, {"error", text}};
}

std::string text_of(const json::object& request, std::string_view key) {
  const json::value* value = request.if_contains(key);
  const json::string* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string(*text) : std::string();
}

std::optional<QueueAction> action_of(const std::string& command) {
  if (command == "queue.release") return QueueAction::release;
  if (command == "queue.retry") return QueueAction::retry;
  if (command == "queue.delete") return QueueAction::remove;
  return std::nullopt;
}

}  // namespace

net::awaitable<std::string> Control::handle(net::LocalPeer peer, std::string request) {
  boost::system::error_code error;
  const json::value parsed = json::parse(request, error);
  const json::object* object = error ? nullptr : parsed.if_object();
  if (object == nullptr) co_return json::serialize(refusal("the request is not a JSON object"));
  co_return json::serialize(co_await dispatch(peer, *object));
}

net::awaitable<json::object> Control::dispatch(net::LocalPeer peer, const json::object& request) {
  const std::string command = text_of(request, "command");
  if (command == "status") co_return hooks_.status();
  if (command == "reload") co_return co_await reload();
  if (command == "queue.list") co_return co_await list(request);
  if (command == "queue.show") co_return co_await show(text_of(request, "id"));
  if (action_of(command)) co_return co_await act(peer, command, text_of(request, "id"));
  co_return refusal("unknown command");
}

net::awaitable<json::object> Control::reload() {
  // Files and pattern compilation block.
  const Diagnostics wrong = co_await net::offload(services_.disk, hooks_.reload);
  if (wrong.empty()) co_return json::object{{"ok", true}, {"policy", services_.policy.get()->rules.hash()}};
  json::array lines;
  for (const Diagnostic& one : wrong)
    lines.emplace_back(format_diagnostic(one));
  co_return json::object{{"ok", false},
                         {"error", "nothing was reloaded; what was in force stays in force"},
                         {"diagnostics", std::move(lines)}};
}

net::awaitable<json::object> Control::list(const json::object& request) {
  const std::string state = text_of(request, "state");
  const auto entries = co_await net::offload(
      services_.disk, [&spool = services_.spool, state] { return queue_list(spool, state, longest_list); });
  if (!entries) co_return refusal(entries.error().text);
  co_return json::object{{"ok", true}, {"messages", *entries}};
}

net::awaitable<json::object> Control::show(const std::string& text) {
  const auto id = QueueId::parse(text);
  if (!id) co_return refusal(id.error().text);
  const auto entry =
      co_await net::offload(services_.disk, [&spool = services_.spool, id = *id] { return queue_show(spool, id); });
  if (!entry) co_return refusal(entry.error().text);
  co_return json::object{{"ok", true}, {"message", *entry}};
}

net::awaitable<json::object> Control::act(net::LocalPeer peer, const std::string& command, const std::string& text) {
  const auto id = QueueId::parse(text);
  if (!id) co_return refusal(id.error().text);
  const std::string who = "uid " + std::to_string(peer.uid);
  log::info("{} {} by {}", command, id->str(), who);
  const auto changed = co_await queue_act(services_, *action_of(command), *id, who);
  if (!changed) co_return refusal(changed.error().text);
  if (*changed == 0) co_return refusal("nothing to do: no recipient of this message is in a state for it now");
  co_return json::object{{"ok", true}, {"recipients", *changed}};
}

}  // namespace postern::gateway
