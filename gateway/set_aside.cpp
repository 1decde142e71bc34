#include "gateway/set_aside.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "base/ids.hpp"
#include "gateway/json_text.hpp"
#include "spool/keys.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

/// A key that is damaged too is shown in hexadecimal.
json::object view(const spool::SetAside& record, bool whole) {
  json::object out = {{"what", record.what}, {"octets", record.bytes.size()}};
  const auto id = QueueId::parse(record.key.substr(0, std::min(record.key.size(), spool::keys::id_size)));
  out["id"] = id ? id->str() : format_hex(record.key);
  if (id && record.key.size() == spool::keys::id_size + 4) out["index"] = spool::keys::index_of(record.key);
  if (whole) out["bytes"] = format_hex(record.bytes);
  return out;
}

}  // namespace

json::object answer_set_aside(spool::Spool& spool, const json::object& request) {
  const std::string id = text_of(request, "id");
  const auto found = spool.set_aside(id);
  if (!found) return refusal(found.error().text);
  if (!id.empty() && found->empty()) return refusal("no record of that id was set aside");
  json::array records;
  for (const spool::SetAside& record : *found)
    records.push_back(view(record, !id.empty()));
  return {{"ok", true}, {"records", std::move(records)}};
}

std::string format_set_aside(const json::object& answer) {
  std::string out;
  for (const json::value& value : answer.at("records").as_array()) {
    const json::object& record = value.as_object();
    const json::value* index = record.if_contains("index");
    out += fmt::format("{}  {}{}  {} octets\n", std::string(record.at("id").as_string()),
                       std::string(record.at("what").as_string()),
                       index != nullptr ? " " + std::to_string(index->to_number<std::uint64_t>()) : "",
                       record.at("octets").to_number<std::uint64_t>());
  }
  return out.empty() ? "nothing was set aside\n" : out;
}

}  // namespace postern::gateway
