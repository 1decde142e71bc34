#include "gateway/queue_filter.hpp"

#include <array>

#include "base/ascii.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

struct Member {
  std::string_view name;
  std::string QueueFilter::* text;
};
constexpr std::array<Member, 6> members = {{{"id", &QueueFilter::id},
                                            {"tenant", &QueueFilter::tenant},
                                            {"sender", &QueueFilter::sender},
                                            {"recipient", &QueueFilter::recipient},
                                            {"destination", &QueueFilter::destination},
                                            {"state", &QueueFilter::state}}};

bool same(std::string_view a, std::string_view b) {
  return lowered(a) == lowered(b);
}

/// "x.example", or ".x.example" for all below it.
bool is_domain(const mail::Domain& domain, const std::string& wanted) {
  if (!wanted.starts_with('.')) return same(domain.str(), wanted);
  return domain.str().size() > wanted.size() && lowered(domain.str()).ends_with(lowered(wanted));
}

bool is_sender(const mail::ReversePath& from, const std::string& wanted) {
  if (wanted == "<>") return !from.has_value();
  if (!from) return false;
  return wanted.starts_with('@') ? is_domain(from->domain(), wanted.substr(1)) : same(from->str(), wanted);
}

}  // namespace

bool QueueFilter::open() const {
  for (const Member& member : members) {
    if (!(this->*member.text).empty()) return false;
  }
  return !older_than;
}

Result<QueueFilter> parse_filter(const json::object& request) {
  QueueFilter filter;
  for (const Member& member : members) {
    const json::value* value = request.if_contains(member.name);
    if (value == nullptr) continue;
    if (!value->is_string()) return fail(Errc::invalid, std::string(member.name) + " is no text");
    filter.*member.text = std::string(value->get_string());
  }
  if (!filter.id.empty()) {
    if (const auto id = QueueId::parse(filter.id); !id) return fail(id.error());
  }
  const bool known =
      filter.state.empty() || filter.state == "queued" || filter.state == "held" || filter.state == "unjudged";
  if (!known) return fail(Errc::invalid, "a state is queued, held or unjudged");
  if (const json::value* age = request.if_contains("older_than")) {
    if (!age->is_int64() || age->get_int64() < 0) return fail(Errc::invalid, "older_than is a number of seconds");
    filter.older_than = std::chrono::seconds(age->get_int64());
  }
  return filter;
}

json::object format_filter(const QueueFilter& filter) {
  json::object request;
  for (const Member& member : members) {
    if (!(filter.*member.text).empty()) request[member.name] = filter.*member.text;
  }
  if (filter.older_than) {
    request["older_than"] = std::chrono::duration_cast<std::chrono::seconds>(*filter.older_than).count();
  }
  return request;
}

bool fits(const QueueFilter& filter, const spool::MessageRecord& message, Time now) {
  const mail::Envelope& envelope = message.envelope;
  if (!filter.id.empty() && envelope.id.str() != filter.id) return false;
  if (!filter.tenant.empty() && envelope.origin.tenant != filter.tenant) return false;
  if (!filter.sender.empty() && !is_sender(envelope.from, filter.sender)) return false;
  return !filter.older_than || now - message.accepted >= *filter.older_than;
}

bool fits(const QueueFilter& filter, const spool::RecipientRecord& recipient) {
  const std::string& wanted = filter.recipient;
  const bool address = wanted.find('@') != std::string::npos;
  if (address && !same(recipient.address.str(), wanted)) return false;
  if (!address && !wanted.empty() && !is_domain(recipient.address.domain(), wanted)) return false;
  if (!filter.destination.empty() && !same(spool::destination_of(recipient), filter.destination)) return false;
  return filter.state.empty() || state_name(recipient.state) == filter.state;
}

std::string_view state_name(const spool::RecipientState& state) {
  struct Name {
    std::string_view operator()(const spool::Queued&) const { return "queued"; }
    std::string_view operator()(const spool::Held&) const { return "held"; }
    std::string_view operator()(const spool::Unjudged&) const { return "unjudged"; }
  };
  return std::visit(Name{}, state);
}

}  // namespace postern::gateway
