#include "gateway/projector.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace postern::gateway {
namespace {

constexpr std::size_t batch = 500;
constexpr std::chrono::seconds pause_after_trouble{2};

audit::AddressForm address_form(const std::string& name) {
  if (name == "domain") return audit::AddressForm::domain;
  if (name == "hmac") return audit::AddressForm::hmac;
  return audit::AddressForm::plain;
}

}  // namespace

Result<std::unique_ptr<Projector>> Projector::open(const std::vector<SinkConfig>& sinks, spool::Spool& spool,
                                                   const std::string& hmac_key) {
  std::vector<Projection> projections;
  for (const SinkConfig& config : sinks) {
    auto sink = audit::FileSink::open(config.path, {address_form(config.addresses), hmac_key});
    if (!sink) return fail(sink.error());
    const std::string name = "file:" + config.path;
    const auto cursor = spool.cursor(name);
    if (!cursor) return fail(cursor.error());
    // The file may be ahead of the cursor after a crash: what it has is not written twice. It may be ahead of the whole
    // spool, which was restored from a back-up or begun anew: its numbers are used all the same.
    spool.number_events_after((*sink)->last_event_id());
    const std::uint64_t from = std::max(*cursor, (*sink)->last_event_id());
    projections.push_back({name, std::move(*sink), from, false});
  }
  return std::unique_ptr<Projector>(new Projector(std::move(projections), spool));
}

Projector::Projector(std::vector<Projection> projections, spool::Spool& spool)
    : projections_(std::move(projections)), spool_(spool), thread_([this] { run(); }) {}

Projector::~Projector() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Projector::wake() {
  {
    const std::lock_guard lock(mutex_);
    work_ = true;
  }
  changed_.notify_one();
}

void Projector::run() {
  for (;;) {
    bool last = false;
    {
      std::unique_lock lock(mutex_);
      const bool trouble = std::ranges::any_of(projections_, &Projection::in_trouble);
      const auto due = [this] { return work_ || stopping_; };
      if (trouble) {
        changed_.wait_for(lock, pause_after_trouble, [this] { return stopping_; });
      } else {
        changed_.wait(lock, due);
      }
      work_ = false;
      last = stopping_;
    }
    for (Projection& projection : projections_) {
      while (project(projection)) {
      }
    }
    if (last) return;
  }
}

bool Projector::project(Projection& projection) {
  const Result<std::size_t> written = write_next(projection);
  if (!written) {
    if (!projection.in_trouble)
      log::error("events wait, {} cannot be written: {}", projection.name, written.error().text);
    projection.in_trouble = true;
    return false;
  }
  if (projection.in_trouble) log::info("events flow to {} again", projection.name);
  projection.in_trouble = false;
  return *written > 0;
}

Result<std::size_t> Projector::write_next(Projection& projection) {
  const auto events = spool_.events_after(projection.cursor, batch);
  if (!events) return fail(events.error());
  for (const auto& [id, bytes] : *events) {
    const auto event = audit::decode_event(bytes);
    if (!event) {
      log::error("event {} in the outbox does not decode and is passed over", id);
      continue;
    }
    if (const auto appended = projection.sink->append(*event, id); !appended) return fail(appended.error());
    projection.cursor = id;
  }
  if (events->empty()) return 0;
  if (const auto flushed = projection.sink->flush(); !flushed) return fail(flushed.error());
  projection.cursor = events->back().first;
  if (const auto moved = spool_.move_cursor(projection.name, projection.cursor); !moved) return fail(moved.error());
  return events->size();
}

}  // namespace postern::gateway
