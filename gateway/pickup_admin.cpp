#include "gateway/pickup_admin.hpp"

#include <functional>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/settings.hpp"
#include "gateway/json_text.hpp"
#include "gateway/pickup_end.hpp"
#include "gateway/pickup_telling.hpp"
#include "net/runtime.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t most_listed = 1000;
constexpr Duration longest_extension = std::chrono::hours(24 * 366);

using Records = std::vector<spool::PickupRecord>;

json::object describe(const spool::PickupRecord& pickup) {
  json::object shown = {{"id", pickup.envelope.id.str()},
                        {"recipient", pickup.envelope.to.front().str()},
                        {"sender", pickup.envelope.from ? pickup.envelope.from->str() : ""},
                        {"tenant", pickup.envelope.origin.tenant},
                        {"accepted", format_rfc3339(pickup.accepted)},
                        {"expires", format_rfc3339(pickup.expires)},
                        {"proof", format_proof(pickup.proof)}};
  if (pickup.opened) shown["opened"] = format_rfc3339(*pickup.opened);
  return shown;
}

/// All that is on record, but for what opens it.
json::object describe_in_full(const spool::PickupRecord& pickup) {
  json::object shown = describe(pickup);
  shown["message_id"] = pickup.envelope.message_id;
  shown["language"] = pickup.language;
  shown["receipt"] = pickup.receipt;
  shown["told"] = !pickup.notice.empty();
  if (!pickup.notice.empty()) shown["notice"] = pickup.notice.str();
  if (!pickup.passphrase_mail.empty()) shown["passphrase_mail"] = pickup.passphrase_mail.str();
  if (pickup.proof == spool::PickupProof::password) shown["sealed_for_a_password"] = !pickup.account_half.empty();
  if (pickup.reminded) shown["reminded"] = format_rfc3339(*pickup.reminded);
  shown["extended_by_sender"] = pickup.extended_by_sender;
  shown["resent_by_sender"] = pickup.resent_by_sender;
  return shown;
}

/// Of one message, or all from `after` on.
Result<Records> find(spool::Spool& spool, const std::string& id, const std::string& after) {
  if (id.empty()) return spool.list_pickups(after, most_listed + 1);
  const auto parsed = QueueId::parse(id);
  if (!parsed) return fail(parsed.error());
  return spool.pickups_of(*parsed);
}

/// Those that are asked for, each as `described`.
net::awaitable<json::object> list(Services& services, json::object request,
                                  json::object (*described)(const spool::PickupRecord&)) {
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
    if (recipient.empty() || pickup.envelope.to.front().str() == recipient) shown.push_back(described(pickup));
  answer["pickups"] = std::move(shown);
  co_return answer;
}

using Act = std::function<net::awaitable<Result<void>>(spool::PickupRecord)>;

/// What an operator can do to one pick-up. Errc::invalid: no such command, or it says something that is none.
Result<Act> act_of(Services& services, const json::object& request) {
  const std::string command = text_of(request, "command");
  if (command == "portal.recall" || command == "portal.purge")
    return [&services](spool::PickupRecord pickup) {
      return end_pickup(services, std::move(pickup), audit::EventKind::recalled, "by an operator", false);
    };
  if (command == "portal.resend")
    return [&services](spool::PickupRecord pickup) -> net::awaitable<Result<void>> {
      if (co_await notify_of_pickup(services, std::move(pickup))) co_return Result<void>();
      co_return fail(Errc::unavailable, "the notice could not be kept");
    };
  if (command != "portal.extend") return fail(Errc::invalid, "unknown command");
  const auto more = parse_duration(text_of(request, "by"));
  if (!more) return fail(more.error());
  if (*more > longest_extension) return fail(Errc::invalid, "no message waits for more than a year longer");
  return [&services, more = *more](spool::PickupRecord pickup) {
    const Time until = pickup.expires + more;
    return extend_pickup(services, std::move(pickup), until);
  };
}

/// Which pick-ups: of one message; of a purge, of all that were accepted long ago.
struct Which {
  std::string id, recipient, tenant;
  std::optional<Time> before;
  [[nodiscard]] bool fits(const spool::PickupRecord& pickup) const {
    return (recipient.empty() || pickup.envelope.to.front().str() == recipient) &&
           (tenant.empty() || pickup.envelope.origin.tenant == tenant) && (!before || pickup.accepted < *before);
  }
};

Result<Which> which_of(const json::object& request, Time now) {
  Which which{text_of(request, "id"), text_of(request, "recipient"), text_of(request, "tenant"), std::nullopt};
  if (text_of(request, "command") == "portal.purge") {
    const auto age = parse_duration(text_of(request, "older_than"));
    if (!age) return fail(age.error());
    which.before = now - *age;
    return which;
  }
  if (which.id.empty()) return fail(Errc::invalid, "which message? name its queue id");
  return which;
}

}  // namespace

net::awaitable<json::object> answer_portal(Services& services, json::object request, std::string who) {
  const std::string command = text_of(request, "command");
  if (command == "portal.list") co_return co_await list(services, std::move(request), describe);
  if (command == "portal.show") co_return co_await list(services, std::move(request), describe_in_full);
  const auto act = act_of(services, request);
  if (!act) co_return refusal(act.error().text);
  const auto which = which_of(request, services.clock.now());
  if (!which) co_return refusal(which.error().text);
  std::uint64_t done = 0;
  std::string after;
  for (bool more = true; more;) {
    const auto page = co_await net::offload(
        services.disk, [&spool = services.spool, id = which->id, after] { return find(spool, id, after); });
    if (!page) co_return refusal(page.error().text);
    more = which->id.empty() && page->size() > most_listed;
    Together chosen;
    for (const spool::PickupRecord& pickup : *page) {
      after = pickup.lookup;
      if (!which->fits(pickup)) continue;
      // Its deposit may be on the way: it would be kept behind the back of whoever was told that it is over.
      if (pickup.notice.empty() && which->before) continue;
      if (pickup.notice.empty()) co_return refusal("it is not in the portal yet; try again");
      chosen.push_back(&pickup);
    }
    // The sender once, however many recipients are.
    if (command == "portal.resend" && !co_await tell_passphrases(services, chosen))
      co_return refusal("the mail with the passphrase could not be kept");
    for (const spool::PickupRecord* pickup : chosen) {
      const auto acted = co_await (*act)(*pickup);
      if (!acted) co_return refusal(acted.error().text);
      ++done;
    }
  }
  log::info("{} {} by {}: {} recipient(s)", command, which->id, who, done);
  if (done == 0) co_return refusal("nothing of this kind waits in the portal");
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

std::string format_pickup_details(const json::object& answer) {
  std::string out;
  for (const json::value& one : answer.at("pickups").as_array()) {
    if (!out.empty()) out += "\n";
    for (const auto& [name, value] : one.as_object()) {
      const bool is_text = value.is_string();
      out += fmt::format("{:<22}{}\n", std::string_view(name),
                         is_text ? std::string(value.as_string()) : json::serialize(value));
    }
  }
  return out.empty() ? "nothing of this kind waits in the portal\n" : out;
}

std::string format_pickups_done(const json::object& answer) {
  return fmt::format("{} recipient(s)\n", answer.at("recipients").to_number<std::uint64_t>());
}

}  // namespace postern::gateway
