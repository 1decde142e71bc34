#include "spool/recover.hpp"

#include <map>

#include "spool/keys.hpp"

namespace postern::spool {
namespace {

constexpr std::size_t batch_limit = 1000;  // operations

/// Collects changes and writes them now and then, so that memory stays small.
class Mending {
 public:
  explicit Mending(Store& store) : store_(store) {}
  Result<void> put(Table table, std::string key, std::string value) {
    batch_.put(table, std::move(key), std::move(value));
    return flush_if_full();
  }
  Result<void> erase(Table table, std::string key) {
    batch_.erase(table, std::move(key));
    return flush_if_full();
  }
  Result<void> flush() {
    if (batch_.operations.empty()) return {};
    Result<void> written = store_.write({&batch_}, true);
    batch_.operations.clear();
    return written;
  }

 private:
  Result<void> flush_if_full() { return batch_.operations.size() < batch_limit ? Result<void>() : flush(); }
  Store& store_;
  Batch batch_;
};

class Recoverer {
 public:
  Recoverer(Store& store, Mend mend)
      : store_(store), mending_(store), mend_(mend != Mend::nothing), orphans_go_(mend == Mend::all) {}

  Result<Recovered> run() {
    using Step = Result<void> (Recoverer::*)();
    for (const Step step : {&Recoverer::messages, &Recoverer::recipients, &Recoverer::attempts, &Recoverer::schedule,
                            &Recoverer::bodies, &Recoverer::renditions, &Recoverer::holders, &Recoverer::events}) {
      if (auto done = (this->*step)(); !done) return fail(done.error());
      // Each step sees what the one before it changed.
      if (auto flushed = mending_.flush(); !flushed) return fail(flushed.error());
    }
    return std::move(found_);
  }

 private:
  /// Runs `visit` over a table; its first error ends the scan.
  Result<void> each(Table table, const std::string& from, const std::string& to,
                    const std::function<Result<void>(std::string_view, std::string_view)>& visit) {
    Result<void> outcome;
    const auto scanned = store_.scan(table, from, to, [&](std::string_view key, std::string_view value) {
      outcome = visit(key, value);
      return outcome.has_value();
    });
    return scanned ? outcome : scanned;
  }

  Result<void> set_aside(Table table, std::string_view key, std::string_view value, const char* what) {
    ++found_.report.set_aside;
    if (!mend_) return {};
    if (auto put = mending_.put(Table::meta, keys::aside_prefix + what + "/" + std::string(key), std::string(value));
        !put) {
      return put;
    }
    return mending_.erase(table, std::string(key));
  }

  Result<void> messages() {
    return each(Table::message, "", "", [this](std::string_view key, std::string_view value) -> Result<void> {
      const auto record = decode_message(value);
      if (!record || record->envelope.id.str() != key) return set_aside(Table::message, key, value, "message");
      ++found_.report.messages;
      ++found_.counts.messages;
      ++found_.live[record->epoch];
      return {};
    });
  }

  Result<void> recipients() {
    return each(Table::recipient, "", "", [this](std::string_view key, std::string_view value) -> Result<void> {
      const auto record = decode_recipient(value);
      const auto id = QueueId::parse(key.substr(0, std::min(key.size(), keys::id_size)));
      if (!record || !id || keys::indexed(*id, record->index) != key) {
        return set_aside(Table::recipient, key, value, "recipient");
      }
      const auto message = has_message(*id);
      if (!message) return fail(message.error());
      if (!*message) return set_aside(Table::recipient, key, value, "recipient");  // its message was
      count(found_.counts, record->state, 1);
      if (!mend_) return {};
      const std::string entry = schedule_key(*id, *record), says = schedule_value(*record, tenant_);
      const auto there = store_.get(Table::schedule, entry);
      if (!there) return fail(there.error());
      return *there == says ? Result<void>() : mending_.put(Table::schedule, entry, says);
    });
  }

  /// Recipients of a message follow each other: one look for all of them.
  Result<bool> has_message(const QueueId& id) {
    if (id == looked_for_) return found_message_;
    const auto message = store_.get(Table::message, id.str());
    if (!message) return fail(message.error());
    looked_for_ = id;
    found_message_ = message->has_value();
    const auto record = found_message_ ? decode_message(**message) : fail(Errc::not_found, "");
    tenant_ = record ? record->envelope.origin.tenant : "";
    return found_message_;
  }

  /// The final dot of these had begun when the end came: their message may have arrived.
  Result<void> attempts() {
    if (!mend_) return {};
    return each(Table::meta, keys::attempt_prefix, keys::after(keys::attempt_prefix),
                [this](std::string_view key, std::string_view) -> Result<void> {
                  const std::string target(key.substr(keys::attempt_prefix.size()));
                  const auto value = store_.get(Table::recipient, target);
                  if (!value) return fail(value.error());
                  if (*value) {
                    if (auto record = decode_recipient(**value)) {
                      ++found_.report.maybe_sent;
                      record->may_be_duplicate = true;
                      Writer out;
                      encode(out, *record);
                      if (auto put = mending_.put(Table::recipient, target, out.take()); !put) return put;
                    }
                  }
                  return mending_.erase(Table::meta, std::string(key));
                });
  }

  /// Entries that lead to nobody, or to somebody with another time.
  Result<void> schedule() {
    if (!mend_) return {};
    return each(Table::schedule, "", "", [this](std::string_view key, std::string_view) -> Result<void> {
      const bool timed = !key.starts_with('u');
      if (timed && key.size() != keys::timed_size) return mending_.erase(Table::schedule, std::string(key));
      const std::string target(timed ? keys::target_of(key) : key.substr(1));
      if (!timed) {
        const auto message = store_.get(Table::message, target);
        if (!message) return fail(message.error());
        return *message ? Result<void>() : mending_.erase(Table::schedule, std::string(key));
      }
      const auto value = store_.get(Table::recipient, target);
      if (!value) return fail(value.error());
      const auto record = *value ? decode_recipient(**value) : fail(Errc::not_found, "");
      const auto id = QueueId::parse(target.substr(0, keys::id_size));
      const bool right = record && id && schedule_key(*id, *record) == key;
      return right ? Result<void>() : mending_.erase(Table::schedule, std::string(key));
    });
  }

  /// Chunks without a commit record. One look per message, not per chunk.
  Result<void> bodies() {
    if (!orphans_go_) return {};
    std::string from;
    for (;;) {
      std::string key;
      const auto scanned = store_.scan(Table::body, from, "", [&](std::string_view found, std::string_view) {
        key = std::string(found);
        return false;
      });
      if (!scanned) return scanned;
      if (key.empty()) return {};
      const std::string id = key.substr(0, keys::id_size);
      if (auto checked = check_body(id); !checked) return checked;
      from = keys::after(id);
    }
  }

  Result<void> check_body(const std::string& id) {
    const auto message = store_.get(Table::message, id);
    if (!message) return fail(message.error());
    const auto aside = store_.get(Table::meta, keys::aside_prefix + "message/" + id);
    if (!aside) return fail(aside.error());
    if (*message || *aside) return {};
    ++found_.report.orphans_erased;
    return each(Table::body, id, keys::after(id), [this](std::string_view key, std::string_view) -> Result<void> {
      return mending_.erase(Table::body, std::string(key));
    });
  }

  /// Chunks that no recipient's record speaks of: they were being written when the end came.
  Result<void> renditions() {
    if (!orphans_go_) return {};
    return each(Table::rendition, "", "", [this](std::string_view key, std::string_view) -> Result<void> {
      const auto known = holders_of(key.substr(0, keys::id_size));
      if (!known) return fail(known.error());
      const bool right = key.size() == keys::rendition_size && (*known)->contains(keys::rendition_number(key));
      return right ? Result<void>() : mending_.erase(Table::rendition, std::string(key));
    });
  }

  /// Numbers that are not right: who needs one counts anew where there is none.
  Result<void> holders() {
    if (!mend_) return {};
    auto done = each(Table::meta, keys::holders_prefix, keys::after(keys::holders_prefix),
                     [this](std::string_view key, std::string_view value) -> Result<void> {
                       const std::string_view of = key.substr(keys::holders_prefix.size());
                       const auto known = holders_of(of.substr(0, keys::id_size));
                       if (!known) return fail(known.error());
                       if (key.size() != keys::holders_size) return mending_.erase(Table::meta, std::string(key));
                       const auto found = (*known)->find(keys::rendition_number(of));
                       const bool right =
                           found != (*known)->end() && found->second.count == keys::read_big_endian(value);
                       return right ? Result<void>() : mending_.erase(Table::meta, std::string(key));
                     });
    if (!done) return done;
    const std::string& prefix = keys::rendition_octets_prefix;
    return each(Table::meta, prefix, keys::after(prefix),
                [&](std::string_view key, std::string_view value) -> Result<void> {
                  const auto known = holders_of(key.substr(prefix.size()));
                  if (!known) return fail(known.error());
                  std::uint64_t octets = 0;
                  for (const auto& [number, held] : **known)
                    octets += held.size;
                  if (octets == 0) return mending_.erase(Table::meta, std::string(key));
                  if (octets == keys::read_big_endian(value)) return {};
                  return mending_.put(Table::meta, std::string(key), keys::big_endian(octets));
                });
  }

  struct Held {
    std::uint64_t count = 0, size = 0;
  };
  using Holders = std::map<std::uint64_t, Held>;  // by number of the rendition
  /// What follows each other is of one message: its recipients are read once.
  Result<const Holders*> holders_of(std::string_view id) {
    if (id == holders_for_) return &holders_;
    holders_for_ = std::string(id);
    holders_.clear();
    const auto scanned = store_.scan(Table::recipient, holders_for_, keys::after(holders_for_),
                                     [&](std::string_view, std::string_view value) {
                                       const auto record = decode_recipient(value);
                                       if (!record || !record->rendition) return true;
                                       Held& held = holders_[record->rendition->number];
                                       held = {held.count + 1, record->rendition->size};
                                       return true;
                                     });
    if (!scanned) return fail(scanned.error());
    return &holders_;
  }

  Result<void> events() {
    const auto last = store_.get(Table::meta, keys::last_event);
    if (!last) return fail(last.error());
    if (*last) found_.last_event = keys::read_big_endian(**last);
    return {};
  }

  Store& store_;
  Mending mending_;
  bool mend_, orphans_go_;
  QueueId looked_for_;
  bool found_message_ = false;
  std::string tenant_;  // of that message
  std::string holders_for_;
  Holders holders_;  // of that message's renditions
  Recovered found_;
};

}  // namespace

namespace {

Result<void> write_format(Store& store) {
  Batch batch;
  batch.put(Table::meta, keys::format, std::to_string(format_version));
  return store.write({&batch}, true);
}

bool is_older(const std::string& stored) {
  for (std::uint64_t older = 1; older < format_version; ++older) {
    if (stored == std::to_string(older)) return true;
  }
  return false;
}

}  // namespace

Result<void> check_format(Store& store, bool may_write) {
  const auto stored = store.get(Table::meta, keys::format);
  if (!stored) return fail(stored.error());
  if (!*stored) {
    if (!may_write) return fail(Errc::not_found, "there is no spool here yet");
    return write_format(store);
  }
  // From here on an older Postern must leave this spool alone: it could not read what is going to be written.
  if (is_older(**stored)) return may_write ? write_format(store) : Result<void>{};
  if (**stored == std::to_string(format_version)) return {};
  return fail(Errc::too_new, "the spool was written by a newer version of Postern (format " + **stored +
                                 ", this version reads " + std::to_string(format_version) + "); nothing was changed");
}

Result<Recovered> recover(Store& store, Mend mend) {
  return Recoverer(store, mend).run();
}

std::string schedule_key(const QueueId& id, const RecipientRecord& recipient) {
  struct Key {
    const QueueId& id;
    std::uint32_t index;
    std::string operator()(const Queued& queued) const { return keys::timed('q', queued.due, id, index); }
    std::string operator()(const Held& held) const { return keys::timed('h', held.expires, id, index); }
    std::string operator()(const Unjudged&) const { return keys::unjudged(id); }
  };
  return std::visit(Key{id, recipient.index}, recipient.state);
}

std::string schedule_value(const RecipientRecord& recipient, const std::string& tenant) {
  if (!std::holds_alternative<Queued>(recipient.state)) return "";
  Writer out;
  out.bytes(destination_of(recipient));
  out.bytes(tenant);
  out.boolean(recipient.attempts > 0);
  return out.take();
}

}  // namespace postern::spool
