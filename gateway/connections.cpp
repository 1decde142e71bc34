#include "gateway/connections.hpp"

#include <algorithm>

namespace postern::gateway {

/// The youngest: the others may end in time.
std::unique_ptr<Connection> Connections::take(const ConnectionKey& key) {
  const auto here = std::this_thread::get_id();
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  for (auto at = idle_.rbegin(); at != idle_.rend(); ++at) {
    if (at->thread != here || at->until <= now || !(at->key == key)) continue;
    std::unique_ptr<Connection> found = std::move(at->connection);
    idle_.erase(std::next(at).base());
    return found;
  }
  return nullptr;
}

net::awaitable<void> Connections::put(ConnectionKey key, std::unique_ptr<Connection> connection) {
  const bool wanted =
      settings_.idle > Duration(0) && connection->session.ready() && connection->session.sent() < settings_.messages;
  std::unique_ptr<Connection> ending = wanted ? nullptr : std::move(connection);
  bool sweeper_needed = false;
  if (wanted) {
    const auto here = std::this_thread::get_id();
    const std::lock_guard lock(mutex_);
    if (idle_.size() >= settings_.connections) {  // the oldest goes, if it is this thread's to end
      const auto oldest = std::ranges::find(idle_, here, &Idle::thread);
      if (oldest == idle_.end()) {
        ending = std::move(connection);
      } else {
        ending = std::move(oldest->connection);
        idle_.erase(oldest);
      }
    }
    if (connection) {
      idle_.push_back({std::move(key), std::move(connection), here, std::chrono::steady_clock::now() + settings_.idle});
      sweeper_needed = swept_.insert(here).second;
    }
  }
  if (sweeper_needed) spawn_(co_await net::this_executor(), sweep(dropping_at_the_end(this)));
  if (ending) co_await ending->session.end();
}

std::size_t Connections::idle() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

/// Cancelled, also before it began: they end where they live.
std::shared_ptr<Connections> Connections::dropping_at_the_end(Connections* self) {
  return {self, [](Connections* connections) { connections->drop_all_of_this_thread(); }};
}

net::awaitable<void> Connections::sweep(std::shared_ptr<Connections> self) {
  for (;;) {
    std::optional<SteadyTime> next;
    std::list<Idle> expired = self->take_expired(next);
    for (Idle& one : expired)
      co_await one.connection->session.end();
    if (!expired.empty()) continue;
    if (!next) co_return;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - std::chrono::steady_clock::now());
    co_await net::sleep_for(std::max(wait, std::chrono::milliseconds(1)));
  }
}

std::list<Connections::Idle> Connections::take_expired(std::optional<SteadyTime>& next) {
  const auto here = std::this_thread::get_id();
  const auto now = std::chrono::steady_clock::now();
  std::list<Idle> expired;
  const std::lock_guard lock(mutex_);
  for (auto at = idle_.begin(); at != idle_.end();) {
    const auto current = at++;
    if (current->thread != here) continue;
    if (current->until <= now) {
      expired.splice(expired.end(), idle_, current);
    } else if (!next || current->until < *next) {
      next = current->until;
    }
  }
  if (!next && expired.empty()) swept_.erase(here);
  return expired;
}

void Connections::drop_all_of_this_thread() {
  const auto here = std::this_thread::get_id();
  std::list<Idle> dropped;
  const std::lock_guard lock(mutex_);
  if (!swept_.erase(here)) return;
  for (auto at = idle_.begin(); at != idle_.end();) {
    const auto current = at++;
    if (current->thread == here) dropped.splice(dropped.end(), idle_, current);
  }
}

}  // namespace postern::gateway
