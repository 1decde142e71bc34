// Whose turn is it? What is due, by sender's tenant and destination, so that no destination and no tenant waits for
// another's backlog. Holds places in the schedule and counters, never the mail: its memory is bounded by
// `most_destinations`, whatever the queue's depth. Not thread-safe; no clock, no I/O.
//
//   spool.scan_due(…, [&](due, at) { return backlog.saw(due, at) ? pass : end; });     looking, once over each entry
//   while (auto turn = backlog.next(now)) { … claim from turn.from on … backlog.left(turn, place or nothing, now); }
//   backlog.ended(turn.destination, experience, now);                                   once for each next()
//
// Turns go round over tenants, then over that tenant's destinations; a destination that has its fill of deliveries is
// passed over, and those who wait for it come back one by one as deliveries end. Within a destination new mail goes
// before retries, but for every fourth turn.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "policy/congestion.hpp"
#include "spool/spool.hpp"

namespace postern::gateway {

class Backlog {
 public:
  explicit Backlog(const policy::DestinationSettings& settings) : settings_(settings) {}

  /// There is something at `at`. False where its destination is one too many: look there again later.
  [[nodiscard]] bool saw(const spool::DueRecipient& due, const spool::Place& at);

  struct Turn {
    std::string destination, tenant;
    bool again = false;   // retries, or new mail
    spool::Place from;    // nothing of this kind is before it
    Time not_before{};    // the destination is suspended: put the mail off instead of sending it
    std::string trouble;  // and why: its last attempt's reason
    bool proven = false;  // the destination answered well the last time
    [[nodiscard]] bool fits(const spool::DueRecipient& due) const {
      return due.again == again && due.destination == destination && due.tenant == tenant;
    }
  };
  /// Takes one of the destination's places; ended() gives it back.
  [[nodiscard]] std::optional<Turn> next(Time now);
  /// After a turn: where there may be more of this kind; nothing where all that is due was taken.
  void left(const Turn& turn, const std::optional<spool::Place>& more, Time now);
  /// One more delivery to a destination, besides the turn's own.
  void also(const std::string& destination) { ++destinations_.at(destination).active; }
  /// A delivery to it takes long: it gets no further mail until that has come back.
  void stepped_aside(const std::string& destination) { ++destinations_.at(destination).aside; }
  void came_back(const std::string& destination) { --destinations_.at(destination).aside; }
  /// `experience`: nothing where no attempt was made. `trouble`: its reason, where it was none of the good ones.
  void ended(const std::string& destination, std::optional<policy::Experience> experience, std::string trouble,
             Time now);

  [[nodiscard]] std::size_t destinations() const { return destinations_.size(); }
  [[nodiscard]] unsigned limit(const std::string& destination) const;
  static constexpr std::size_t most_destinations = 10'000;

 private:
  struct Tenant;
  struct Destination;
  /// One tenant's mail to one destination.
  struct Lane {
    Tenant* tenant = nullptr;
    Destination* destination = nullptr;
    std::optional<spool::Place> fresh, again;
    unsigned turns = 0;
    bool in_line = false;  // in its tenant's `ready` or its destination's `waiting`
    [[nodiscard]] bool empty() const { return !fresh && !again; }
  };
  struct Tenant {
    std::string name;
    std::deque<Lane*> ready;
    bool in_line = false;  // in `line_`
  };
  struct Destination {
    Destination(std::string n, const policy::DestinationSettings& settings) : name(std::move(n)), window(settings) {}
    std::string name;
    policy::DestinationWindow window;
    std::string trouble;
    unsigned active = 0, aside = 0;
    std::map<std::string, Lane> lanes;  // by tenant
    std::deque<Lane*> waiting;
  };

  [[nodiscard]] Lane* lane(const std::string& destination, const std::string& tenant);
  void make_room();
  void enqueue(Lane& lane);
  [[nodiscard]] Lane* next_ready(Time now);
  [[nodiscard]] static unsigned limit_now(const Destination& destination, Time now);

  policy::DestinationSettings settings_;
  std::map<std::string, Tenant> tenants_;  // as many as are configured
  std::map<std::string, Destination> destinations_;
  std::deque<Tenant*> line_;
};

}  // namespace postern::gateway
