#include "gateway/control.hpp"

#include "base/log.hpp"
#include "gateway/json_text.hpp"
#include "gateway/pickup_admin.hpp"
#include "gateway/queue_admin.hpp"
#include "gateway/set_aside.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t usual_list = 1000;

std::optional<QueueAction> action_of(const std::string& command) {
  if (command == "queue.hold") return QueueAction::hold;
  if (command == "queue.release") return QueueAction::release;
  if (command == "queue.reroute") return QueueAction::reroute;
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
  if (command == "spool.set-aside") {
    co_return co_await net::offload(services_.disk,
                                    [&spool = services_.spool, request] { return answer_set_aside(spool, request); });
  }
  if (command == "queue.show") co_return co_await show(text_of(request, "id"));
  if (is_portal_command(command))
    co_return co_await answer_portal(services_, request, "uid " + std::to_string(peer.uid));
  if (const auto action = action_of(command)) co_return co_await act(peer, *action, request);
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

json::object answer_list(spool::Spool& spool, const json::object& request, Time now) {
  const auto filter = parse_filter(request);
  if (!filter) return refusal(filter.error().text);
  const std::string after = text_of(request, "after");
  const auto from = after.empty() ? Result<QueueId>(QueueId()) : QueueId::parse(after);
  if (!from) return refusal(from.error().text);
  const json::value* limit = request.if_contains("limit");
  const bool limited = limit != nullptr && limit->is_int64() && limit->get_int64() > 0;
  const auto found =
      queue_list(spool, *filter, *from, limited ? static_cast<std::size_t>(limit->get_int64()) : usual_list, now);
  if (!found) return refusal(found.error().text);
  return {{"ok", true}, {"messages", found->messages}, {"more", found->more}, {"last", found->last.str()}};
}

net::awaitable<json::object> Control::list(const json::object& request) {
  co_return co_await net::offload(services_.disk, [&spool = services_.spool, request, now = services_.clock.now()] {
    return answer_list(spool, request, now);
  });
}

net::awaitable<json::object> Control::show(const std::string& text) {
  const auto id = QueueId::parse(text);
  if (!id) co_return refusal(id.error().text);
  const auto entry =
      co_await net::offload(services_.disk, [&spool = services_.spool, id = *id] { return queue_show(spool, id); });
  if (!entry) co_return refusal(entry.error().text);
  co_return json::object{{"ok", true}, {"message", *entry}};
}

net::awaitable<json::object> Control::act(net::LocalPeer peer, QueueAction action, const json::object& request) {
  const auto filter = parse_filter(request);
  if (!filter) co_return refusal(filter.error().text);
  // What cannot be taken back is said of one message, and nothing of all without a word.
  const json::value* all = request.if_contains("all");
  const bool said = !filter->open() || (all != nullptr && all->is_bool() && all->get_bool());
  if (!said || (action == QueueAction::remove && filter->id.empty())) {
    co_return refusal("which messages? name a queue id or what they have in common");
  }
  QueueCommand command{action, *filter, mail::FinalMx{}, "uid " + std::to_string(peer.uid)};
  if (action == QueueAction::reroute) {
    const auto to = parse_hop(text_of(request, "to"));
    if (!to) co_return refusal(to.error().text);
    command.to = *to;
  }
  const std::string what = text_of(request, "command") + (filter->id.empty() ? "" : " " + filter->id);
  const std::string who = command.who;
  const auto done = co_await queue_act(services_, std::move(command));
  if (!done) co_return refusal(done.error().text);
  log::info("{} by {}: {} recipient(s) of {} message(s)", what, who, done->recipients, done->messages);
  json::object answer = {{"ok", done->recipients > 0},
                         {"messages", done->messages},
                         {"recipients", done->recipients},
                         {"busy", done->busy},
                         {"denied", done->denied}};
  if (done->recipients > 0) co_return answer;
  answer["error"] = done->denied > 0 ? "nothing was done: protected mail takes a relay only where the tenant's route "
                                       "names it with onward = \"enforced-tls\""
                                     : "nothing to do: no recipient of this kind is in a state for it now";
  co_return answer;
}

}  // namespace postern::gateway
