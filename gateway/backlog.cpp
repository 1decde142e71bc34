#include "gateway/backlog.hpp"

#include <algorithm>
#include <climits>

namespace postern::gateway {
namespace {

constexpr unsigned retries_turn = 4;  // every fourth
/// To put mail off takes a write and no connection.
constexpr unsigned put_off_at_a_time = 20;

void earliest(std::optional<spool::Place>& place, const spool::Place& at) {
  if (!place || at < *place) place = at;
}

}  // namespace

bool Backlog::saw(const spool::DueRecipient& due, const spool::Place& at) {
  Lane* found = lane(due.destination, due.tenant);
  if (found == nullptr) return false;
  earliest(due.again ? found->again : found->fresh, at);
  enqueue(*found);
  return true;
}

Backlog::Lane* Backlog::lane(const std::string& destination, const std::string& tenant) {
  auto found = destinations_.find(destination);
  if (found == destinations_.end()) {
    if (destinations_.size() >= most_destinations) make_room();
    if (destinations_.size() >= most_destinations) return nullptr;
    found = destinations_.try_emplace(destination, destination, settings_).first;
  }
  const auto [place, fresh] = found->second.lanes.try_emplace(tenant);
  if (fresh) {
    Tenant& owner = tenants_[tenant];
    owner.name = tenant;
    place->second.tenant = &owner;
    place->second.destination = &found->second;
  }
  return &place->second;
}

/// What was learned of destinations without mail is forgotten first.
void Backlog::make_room() {
  std::erase_if(destinations_, [](const auto& entry) {
    const Destination& known = entry.second;
    return known.active == 0 &&
           std::ranges::all_of(known.lanes, [](const auto& one) { return one.second.empty() && !one.second.in_line; });
  });
}

void Backlog::enqueue(Lane& lane) {
  if (lane.empty() || lane.in_line) return;
  lane.in_line = true;
  lane.tenant->ready.push_back(&lane);
  if (lane.tenant->in_line) return;
  lane.tenant->in_line = true;
  line_.push_back(lane.tenant);
}

unsigned Backlog::limit_now(const Destination& destination, Time now) {
  if (destination.name.empty()) return UINT_MAX;  // no connection
  if (destination.window.suspended_until() > now) return put_off_at_a_time;
  return destination.aside > 0 ? 0 : destination.window.limit();
}

/// The next tenant's next lane whose destination has room; those without wait there.
Backlog::Lane* Backlog::next_ready(Time now) {
  while (!line_.empty()) {
    Tenant& tenant = *line_.front();
    line_.pop_front();
    Lane* found = nullptr;
    while (found == nullptr && !tenant.ready.empty()) {
      Lane* candidate = tenant.ready.front();
      tenant.ready.pop_front();
      if (candidate->destination->active < limit_now(*candidate->destination, now)) {
        found = candidate;
      } else {
        candidate->destination->waiting.push_back(candidate);
      }
    }
    tenant.in_line = !tenant.ready.empty();
    if (tenant.in_line) line_.push_back(&tenant);
    if (found != nullptr) return found;
  }
  return nullptr;
}

std::optional<Backlog::Turn> Backlog::next(Time now) {
  Lane* lane = next_ready(now);
  if (lane == nullptr) return std::nullopt;
  lane->in_line = false;
  ++lane->destination->active;
  const bool again = lane->again && (!lane->fresh || ++lane->turns % retries_turn == 0);
  Turn turn{lane->destination->name,           lane->tenant->name, again, again ? *lane->again : *lane->fresh, {}, {},
            lane->destination->window.proven()};
  if (lane->destination->window.suspended_until() > now) {
    turn.not_before = lane->destination->window.suspended_until();
    turn.trouble = lane->destination->trouble;
  }
  return turn;
}

void Backlog::left(const Turn& turn, const std::optional<spool::Place>& more, Time now) {
  Destination& destination = destinations_.at(turn.destination);
  Lane& lane = destination.lanes.at(turn.tenant);
  (turn.again ? lane.again : lane.fresh) = more;
  // Behind those who wait for this destination already.
  if (!lane.empty() && !lane.in_line && destination.active >= limit_now(destination, now)) {
    lane.in_line = true;
    destination.waiting.push_back(&lane);
  }
  enqueue(lane);
}

void Backlog::ended(const std::string& destination, std::optional<policy::Experience> experience, std::string trouble,
                    Time now) {
  Destination& known = destinations_.at(destination);
  --known.active;
  if (experience) {
    known.window.learn(*experience, now);
    known.trouble = std::move(trouble);
  }
  const unsigned limit = limit_now(known, now);
  for (unsigned room = known.active; room < limit && !known.waiting.empty(); ++room) {
    Lane* lane = known.waiting.front();
    known.waiting.pop_front();
    lane->in_line = false;
    enqueue(*lane);
  }
}

unsigned Backlog::limit(const std::string& destination) const {
  const auto found = destinations_.find(destination);
  return found == destinations_.end() ? settings_.start : found->second.window.limit();
}

}  // namespace postern::gateway
