#include "gateway/pickup_admin.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "gateway/json_text.hpp"
#include "gateway/pickups.hpp"
#include "net/runtime.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t most_listed = 1000;

using Records = std::vector<spool::PickupRecord>;

json::object describe(const spool::PickupRecord& pickup) {
  json::object shown = {{"id", pickup.envelope.id.str()},
                        {"recipient", pickup.envelope.to.front().str()},
                        {"sender", pickup.envelope.from ? pickup.envelope.from->str() : ""},
                        {"tenant", pickup.envelope.origin.tenant},
                        {"accepted", format_rfc3339(pickup.accepted)},
                        {"expires", format_rfc3339(pickup.expires)}};
  if (pickup.opened) shown["opened"] = format_rfc3339(*pickup.opened);
  return shown;
}

/// Of one message, or all from `after` on.
Result<Records> find(spool::Spool& spool, const std::string& id, const std::string& after) {
  if (id.empty()) return spool.list_pickups(after, most_listed + 1);
  const auto parsed = QueueId::parse(id);
  if (!parsed) return fail(parsed.error());
  return spool.pickups_of(*parsed);
}

net::awaitable<json::object> list(Services& services, json::object request) {
  const std::string id = text_of(request, "id"), recipient = text_of(request, "recipient"),
                    after = text_of(request, "after");
  auto found =
      co_await net::offload(services.disk, [&spool = services.spool, id, after] { return find(spool, id, after); });
  if (!found) co_return refusal(found.error().text);
  json::object answer = {{"ok", true}};
  if (found->size() > most_listed) {
    found->pop_back();
    answer["last"] = found->back().lookup;
  }
  json::array shown;
  for (const spool::PickupRecord& pickup : *found)
    if (recipient.empty() || pickup.envelope.to.front().str() == recipient) shown.push_back(describe(pickup));
  answer["pickups"] = std::move(shown);
  co_return answer;
}

net::awaitable<Result<void>> act(Services& services, const std::string& command, const spool::PickupRecord& pickup) {
  // Its deposit may be on the way: it would be kept behind the back of whoever was told that it is over.
  if (pickup.notice.empty()) co_return fail(Errc::invalid, "it is not in the portal yet; try again");
  if (command == "portal.recall")
    co_return co_await end_pickup(services, pickup, audit::EventKind::recalled, "by an operator", false);
  if (co_await notify_of_pickup(services, pickup)) co_return Result<void>();
  co_return fail(Errc::unavailable, "the notice could not be kept");
}

}  // namespace

net::awaitable<json::object> answer_portal(Services& services, json::object request, std::string who) {
  const std::string command = text_of(request, "command"), recipient = text_of(request, "recipient");
  if (command == "portal.list") co_return co_await list(services, std::move(request));
  if (command != "portal.recall" && command != "portal.resend") co_return refusal("unknown command");
  const std::string id = text_of(request, "id");
  if (id.empty()) co_return refusal("which message? name its queue id");
  const auto found =
      co_await net::offload(services.disk, [&spool = services.spool, id] { return find(spool, id, {}); });
  if (!found) co_return refusal(found.error().text);
  std::uint64_t done = 0;
  for (const spool::PickupRecord& pickup : *found) {
    if (!recipient.empty() && pickup.envelope.to.front().str() != recipient) continue;
    const auto acted = co_await act(services, command, pickup);
    if (!acted) co_return refusal(acted.error().text);
    ++done;
  }
  log::info("{} {} by {}: {} recipient(s)", command, id, who, done);
  if (done == 0) co_return refusal("nothing of this message waits in the portal");
  co_return json::object{{"ok", true}, {"recipients", done}};
}

std::string format_pickups(const json::object& answer) {
  std::string out;
  for (const json::value& one : answer.at("pickups").as_array()) {
    const json::object& pickup = one.as_object();
    const std::string opened = text_of(pickup, "opened");
    out += fmt::format("{}  {}  <{}>  until {}  {}\n", text_of(pickup, "id"), text_of(pickup, "recipient"),
                       text_of(pickup, "sender"), text_of(pickup, "expires"),
                       opened.empty() ? "not opened" : "opened " + opened);
  }
  if (answer.contains("last")) out += "and more: --after " + text_of(answer, "last") + "\n";
  return out.empty() ? "nothing of this kind waits in the portal\n" : out;
}

std::string format_pickups_done(const json::object& answer) {
  return fmt::format("{} recipient(s)\n", answer.at("recipients").to_number<std::uint64_t>());
}

}  // namespace postern::gateway
