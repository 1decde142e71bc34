#include "portal/store.hpp"

#include "base/base64.hpp"
#include "base/log.hpp"
#include "crypto/epoch_keys.hpp"
#include "crypto/sealed_box.hpp"
#include "crypto/sql.hpp"
#include "crypto/sql_soci.hpp"
#include "portal/account_rows.hpp"
#include "portal/schema.hpp"

namespace postern::portal {
namespace {

namespace sql = crypto::sql;
using crypto::EpochKeys;
using crypto::EpochNumber;
using sql::Session;

constexpr std::uint8_t pickup_stream = 2;
constexpr std::string_view box_mark = "box:";  // no base64
constexpr Duration epoch_period = std::chrono::hours(1);
constexpr Duration arrives_within = std::chrono::hours(2);  // what is unfinished after that never will be
constexpr std::int64_t at_once = 200;
constexpr Duration account_lifetime = std::chrono::hours(24 * 400);  // unused; longer than anything waits

std::int64_t milliseconds(Time time) {
  return time.time_since_epoch().count();
}
Time time_of(const sql::Value& value) {
  return Time(Duration(sql::number(value)));
}

std::string decoded(std::string_view text) {
  auto bytes = parse_base64(text);
  if (!bytes) throw sql::Fault{{Errc::corrupt, "the portal's database holds bytes that are not base64"}};
  return std::move(*bytes);
}

std::string bytes_of(const sql::Value& value) {
  return decoded(sql::text(value));
}

[[noreturn]] void stop(Error error) {
  throw sql::Fault{std::move(error)};
}
template <class T>
T or_stop(Result<T> result) {
  if (!result) stop(std::move(result.error()));
  return std::move(*result);
}

std::string purpose_of(const std::string& lookup) {
  return "pick-up " + lookup;
}

/// In a box, for it may be sealed again (Store::replace).
std::string format_sealed(const Pickup& pickup, const Secret& shell, Random& random) {
  Writer out;
  out.bytes(pickup.salt);
  out.bytes(pickup.wrapped_key);
  out.bytes(pickup.card);
  return std::string(box_mark) + format_base64(crypto::seal_box(shell, purpose_of(pickup.lookup), out.take(), random));
}

/// `number`: its place in its deposit, by which those were sealed that were kept before there were boxes.
Pickup parse_sealed(const std::string& lookup, const std::string& text, const Secret& shell, const QueueId& id,
                    std::uint32_t number) {
  std::string plain;
  if (text.starts_with(box_mark)) {
    plain =
        or_stop(crypto::open_box(shell, purpose_of(lookup), decoded(std::string_view(text).substr(box_mark.size()))))
            .text();
  } else {
    plain = or_stop(crypto::open_chunk(shell, {id, pickup_stream, number, true}, decoded(text)));
  }
  Reader in(plain);
  Pickup pickup{lookup, in.bytes(), in.bytes(), in.bytes()};
  if (!in.finished()) stop({Errc::corrupt, "a pick-up in the portal's database cannot be read"});
  return pickup;
}

class SqlStore final : public Store {
 public:
  SqlStore(StoreOptions options, std::unique_ptr<EpochKeys> epochs, const Clock& clock, Random& random)
      : quota_(options.quota),
        rewrap_after_(options.rewrap_after),
        epochs_(std::move(epochs)),
        accounts_(options.kek, random),
        clock_(clock),
        random_(random),
        pool_([database = std::move(options.database),
               patience = options.patience] { return sql::connect(database, patience); },
              options.sessions, options.patience) {}

  Result<void> start() {
    auto migrated = pool_.attempt([&](Session& session) { migrate_portal_tables(session, clock_.now()); });
    return migrated ? tend() : migrated;
  }

  Result<bool> is_kept(const QueueId& id) override {
    return pool_.attempt([&](Session& session) {
      return !session.query("select 1 from portal_deposit where id = :1 and kept = 1", {id.str()}).empty();
    });
  }

  Result<void> keep(const Deposit& deposit, const std::vector<std::string>& chunks) override {
    return pool_.attempt([&](Session& session) {
      sql::Transaction transaction(session);
      insert(session, deposit);
      insert_chunks(session, deposit.id.str(), 0, chunks);
      finish(session, deposit.id.str());
      transaction.commit();
    });
  }

  Result<void> begin(const Deposit& deposit) override {
    return pool_.attempt([&](Session& session) {
      sql::Transaction transaction(session);
      insert(session, deposit);
      transaction.commit();
    });
  }

  Result<void> add(const QueueId& id, std::uint32_t first, const std::vector<std::string>& chunks) override {
    return pool_.attempt([&](Session& session) {
      sql::Transaction transaction(session);
      insert_chunks(session, id.str(), first, chunks);
      transaction.commit();
    });
  }

  Result<void> finish(const QueueId& id) override {
    return pool_.attempt([&](Session& session) { finish(session, id.str()); });
  }

  Result<FoundPickup> find(const std::string& lookup) override {
    return pool_.attempt([&](Session& session) {
      const auto rows = session.query(
          "select d.id, d.tenant, d.expires, d.size, d.chunks, d.epoch, d.shell, p.number, p.sealed, p.opened from "
          "portal_pickup p join portal_deposit d on d.id = p.deposit where p.lookup = :1 and d.kept = 1 and d.expires "
          "> :2",
          {lookup, milliseconds(clock_.now())});
      if (rows.empty()) stop({Errc::not_found, "there is no such pick-up"});
      return found(lookup, rows.front());
    });
  }

  Result<std::string> chunk(const QueueId& id, std::uint32_t index) override {
    return pool_.attempt([&](Session& session) {
      const auto rows =
          session.query("select bytes from portal_chunk where deposit = :1 and number = :2", {id.str(), index});
      if (rows.empty()) stop({Errc::not_found, "there is no such chunk"});
      return bytes_of(rows.front().front());
    });
  }

  Result<void> opened(const std::string& lookup) override {
    return pool_.attempt([&](Session& session) {
      sql::Transaction transaction(session);
      const Time now = clock_.now();
      const bool first = session.execute("update portal_pickup set opened = :1 where lookup = :2 and opened is null",
                                         {milliseconds(now), lookup}) == 1;
      record(session, first ? EventKind::opened : EventKind::opened_again, lookup, now);
      transaction.commit();
    });
  }

  Result<void> record(EventKind kind, const std::string& lookup) override {
    return pool_.attempt([&](Session& session) {
      sql::Transaction transaction(session);
      record(session, kind, lookup, clock_.now());
      transaction.commit();
    });
  }

  Result<void> extend(const QueueId& id, Time expires) override {
    return pool_.attempt([&](Session& session) {
      const std::int64_t later = milliseconds(expires);
      const std::int64_t there = session.execute(
          "update portal_deposit set expires = case when expires < :1 then :2 else expires end where id = :3 and kept "
          "= "
          "1 and shell <> ''",
          {later, later, id.str()});
      if (there == 0) stop({Errc::not_found, "there is no such deposit"});
    });
  }

  Result<void> revoke(const std::vector<std::string>& lookups) override {
    return pool_.attempt([&](Session& session) {
      sql::Transaction transaction(session);
      // The row's lock: a reply is kept before this, and seen here, or after it, and refused (keep_reply).
      session.execute("update portal_state set octets = octets where id = 1", {});
      for (const std::string& lookup : lookups) {
        if (!session.query("select 1 from portal_reply where lookup = :1 limit 1", {lookup}).empty())
          stop({Errc::unavailable, "a reply waits to be collected"});
        session.execute("delete from portal_pickup where lookup = :1", {lookup});
      }
      session.execute(
          "update portal_deposit set shell = '' where kept = 1 and not exists (select 1 from portal_pickup p where "
          "p.deposit "
          "= portal_deposit.id)",
          {});
      transaction.commit();
      sweep(session);
    });
  }

  Result<void> tend() override {
    auto tended = pool_.attempt([&](Session& session) {
      const std::int64_t now = milliseconds(clock_.now());
      session.execute("update portal_deposit set shell = '' where expires <= :1 or (kept = 0 and created <= :2)",
                      {now, now - arrives_within.count()});
      AccountRows::forget(session, clock_.now() - account_lifetime);
      sweep(session);
      rewrap(session);
    });
    if (!tended) return tended;
    return destroy_empty();
  }

  Result<void> keep_reply(const Sealing& sealing) override {
    return pool_.attempt([&](Session& session) {
      sql::Transaction transaction(session);
      const SealedReply& reply = sealing.reply;
      take_octets(session, reply.size);
      const std::string id = reply.id.str();
      session.execute("insert into portal_reply (id, lookup, at, salt, size, chunks) values (:1, :2, :3, :4, :5, :6)",
                      {id, reply.lookup, milliseconds(reply.at), format_base64(reply.salt),
                       static_cast<std::int64_t>(reply.size), reply.chunks});
      std::int64_t number = 0;
      for (const std::string& chunk : sealing.chunks)
        session.execute("insert into portal_reply_chunk (reply, number, bytes) values (:1, :2, :3)",
                        {id, number++, format_base64(chunk)});
      record(session, EventKind::replied, reply.lookup, reply.at);
      const auto there = session.query(
          "select 1 from portal_pickup p join portal_deposit d on d.id = p.deposit where p.lookup = :1 and d.kept = 1 "
          "and d.expires > :2 and d.shell <> ''",
          {reply.lookup, milliseconds(clock_.now())});
      if (there.empty()) stop({Errc::not_found, "there is no such pick-up"});
      transaction.commit();
    });
  }

  Result<std::vector<SealedReply>> waiting_replies(std::size_t most) override {
    return pool_.attempt([&](Session& session) {
      std::vector<SealedReply> replies;
      for (const sql::Row& row :
           session.query("select id, lookup, at, salt, size, chunks from portal_reply order by at, id limit " +
                             std::to_string(most),
                         {})) {
        replies.push_back({or_stop(QueueId::parse(sql::text(row[0]))), sql::text(row[1]), time_of(row[2]),
                           bytes_of(row[3]), static_cast<std::uint64_t>(sql::number(row[4])),
                           static_cast<std::uint32_t>(sql::number(row[5]))});
      }
      return replies;
    });
  }

  Result<std::string> reply_chunk(const QueueId& id, std::uint32_t index) override {
    return pool_.attempt([&](Session& session) {
      const auto rows =
          session.query("select bytes from portal_reply_chunk where reply = :1 and number = :2", {id.str(), index});
      if (rows.empty()) stop({Errc::not_found, "there is no such part of a reply"});
      return bytes_of(rows.front().front());
    });
  }

  Result<void> drop_reply(const QueueId& id) override {
    return pool_.attempt([&](Session& session) {
      sql::Transaction transaction(session);
      session.execute(
          "update portal_state set octets = octets - (select coalesce(sum(size), 0) from portal_reply where id = :1) "
          "where id = 1",
          {id.str()});
      session.execute("delete from portal_reply where id = :1", {id.str()});
      transaction.commit();
    });
  }

  Result<std::optional<Account>> account(const std::string& name) override {
    return pool_.attempt([&](Session& session) { return accounts_.find(session, name); });
  }

  Result<std::vector<std::string>> account_halves(const std::vector<std::string>& names) override {
    return pool_.attempt([&](Session& session) {
      std::vector<std::string> halves;
      for (const std::string& name : names) {
        const auto account = accounts_.find(session, name);
        halves.push_back(account ? account->half : "");
        if (account) AccountRows::used(session, name, clock_.now());
      }
      return halves;
    });
  }

  Result<void> keep_account(Account& account, std::optional<EventKind> kind, const std::string& lookup) override {
    return pool_.attempt([&](Session& session) {
      sql::Transaction transaction(session);
      Account kept = account;
      if (!accounts_.keep(session, kept, clock_.now())) stop({Errc::denied, "the account was changed meanwhile"});
      if (kind) record(session, *kind, lookup, clock_.now());
      transaction.commit();
      account = std::move(kept);
    });
  }

  Result<void> replace(const QueueId& deposit, const Pickup& pickup) override {
    return pool_.attempt([&](Session& session) {
      sql::Transaction transaction(session);
      const auto rows = session.query(
          "select d.epoch, d.shell from portal_pickup p join portal_deposit d on d.id = p.deposit where "
          "p.lookup = :1 and d.id = :2 and d.shell <> ''",
          {pickup.lookup, deposit.str()});
      if (rows.empty()) stop({Errc::not_found, "there is no such pick-up"});
      const sql::Row& row = rows.front();
      const Secret shell = or_stop(epochs_->unwrap(static_cast<EpochNumber>(sql::number(row[0])), bytes_of(row[1])));
      session.execute("update portal_pickup set sealed = :1 where lookup = :2",
                      {format_sealed(pickup, shell, random_), pickup.lookup});
      transaction.commit();
    });
  }

  Result<std::vector<PortalEvent>> events_after(std::uint64_t number, std::size_t most) override {
    return pool_.attempt([&](Session& session) {
      std::vector<PortalEvent> events;
      for (const sql::Row& row :
           session.query("select number, kind, lookup, at from portal_event where number > :1 order by number limit " +
                             std::to_string(most),
                         {static_cast<std::int64_t>(number)})) {
        events.push_back({static_cast<std::uint64_t>(sql::number(row[0])), static_cast<EventKind>(sql::number(row[1])),
                          sql::text(row[2]), time_of(row[3])});
      }
      return events;
    });
  }

  Result<void> forget_events(std::uint64_t up_to) override {
    return pool_.attempt([&](Session& session) {
      session.execute("delete from portal_event where number <= :1", {static_cast<std::int64_t>(up_to)});
    });
  }

  Result<State> state() override {
    return pool_.attempt([&](Session& session) {
      const auto rows = session.query("select count(*), coalesce(sum(size), 0) from portal_deposit where kept = 1", {});
      return State{static_cast<std::uint64_t>(sql::number(rows.front()[0])),
                   static_cast<std::uint64_t>(sql::number(rows.front()[1]))};
    });
  }

 private:
  FoundPickup found(const std::string& lookup, const sql::Row& row) {
    FoundPickup found;
    found.deposit = or_stop(QueueId::parse(sql::text(row[0])));
    found.tenant = sql::text(row[1]);
    found.expires = time_of(row[2]);
    found.size = static_cast<std::uint64_t>(sql::number(row[3]));
    found.chunks = static_cast<std::uint32_t>(sql::number(row[4]));
    if (sql::text(row[6]).empty()) stop({Errc::not_found, "there is no such pick-up"});
    const Secret shell = or_stop(epochs_->unwrap(static_cast<EpochNumber>(sql::number(row[5])), bytes_of(row[6])));
    const auto number = static_cast<std::uint32_t>(sql::number(row[7]));
    found.pickup = parse_sealed(lookup, sql::text(row[8]), shell, found.deposit, number);
    if (!sql::is_null(row[9])) found.opened = time_of(row[9]);
    return found;
  }

  void insert(Session& session, const Deposit& deposit) {
    const std::string& id = deposit.id.str();
    const auto there = session.query("select kept from portal_deposit where id = :1", {id});
    if (!there.empty()) {
      if (sql::number(there.front().front()) == 1) stop({Errc::invalid, "this deposit is kept already"});
      erase(session, id);
    }
    take_octets(session, deposit.size);
    const Secret shell = crypto::make_key(random_);
    const EpochNumber epoch = or_stop(epochs_->current(clock_.now()));
    session.execute(
        "insert into portal_deposit (id, tenant, created, expires, size, chunks, kept, epoch, shell) values (:1, :2, "
        ":3, "
        ":4, :5, :6, 0, :7, :8)",
        {id, deposit.tenant, milliseconds(clock_.now()), milliseconds(deposit.expires),
         static_cast<std::int64_t>(deposit.size), deposit.chunks, static_cast<std::int64_t>(epoch),
         format_base64(or_stop(epochs_->wrap(epoch, shell)))});
    for (std::uint32_t i = 0; i < deposit.pickups.size(); ++i) {
      const Pickup& pickup = deposit.pickups[i];
      session.execute("insert into portal_pickup (lookup, deposit, number, sealed) values (:1, :2, :3, :4)",
                      {pickup.lookup, id, i, format_sealed(pickup, shell, random_)});
    }
  }

  static void insert_chunks(Session& session, const std::string& id, std::uint32_t first,
                            const std::vector<std::string>& chunks) {
    std::int64_t number = first;
    for (const std::string& chunk : chunks)
      session.execute("insert into portal_chunk (deposit, number, bytes) values (:1, :2, :3)",
                      {id, number++, format_base64(chunk)});
  }

  static void finish(Session& session, const std::string& id) {
    const std::int64_t kept = session.execute(
        "update portal_deposit set kept = 1 where id = :1 and chunks = (select count(*) from portal_chunk where "
        "deposit = "
        ":2)",
        {id, id});
    if (kept != 1) stop({Errc::invalid, "chunks of the deposit are missing"});
  }

  /// All octets are counted in one place: a sum over the deposits would cost as much as there are.
  void take_octets(Session& session, std::uint64_t size) const {
    const auto more = static_cast<std::int64_t>(size);
    if (session.execute("update portal_state set octets = octets + :1 where id = 1 and octets + :2 <= :3",
                        {more, more, static_cast<std::int64_t>(quota_)}) != 1)
      stop({Errc::limit, "the portal's quota is used up"});
  }

  static void erase(Session& session, const std::string& id) {
    session.execute(
        "update portal_state set octets = octets - (select coalesce(sum(size), 0) from portal_deposit where id = :1) "
        "where "
        "id = 1",
        {id});
    session.execute("delete from portal_deposit where id = :1", {id});
  }

  static void record(Session& session, EventKind kind, const std::string& lookup, Time at) {
    session.execute("update portal_state set last_event = last_event + 1 where id = 1", {});
    session.execute(
        "insert into portal_event (number, kind, lookup, at) select last_event, :1, :2, :3 from portal_state where id "
        "= 1",
        {static_cast<std::int64_t>(kind), lookup, milliseconds(at)});
  }

  /// The rest of what has lost its key, in pieces: others want to write too.
  static void sweep(Session& session) {
    for (;;) {
      const auto rows = session.query("select id from portal_deposit where shell = '' limit 1", {});
      if (rows.empty()) return;
      const std::string id = sql::text(rows.front().front());
      while (
          session.execute("delete from portal_chunk where deposit = :1 and number in (select number from portal_chunk "
                          "where deposit = :2 limit " +
                              std::to_string(at_once) + ")",
                          {id, id}) > 0) {
      }
      sql::Transaction transaction(session);
      erase(session, id);
      transaction.commit();
    }
  }

  /// By the age of the key, not of the deposit: what was wrapped anew an hour ago is left in peace.
  void rewrap(Session& session) {
    const EpochNumber now = or_stop(epochs_->current(clock_.now()));
    const auto old = static_cast<std::int64_t>((clock_.now() - rewrap_after_).time_since_epoch() / epoch_period);
    for (;;) {
      const auto rows =
          session.query("select id, epoch, shell from portal_deposit where epoch <= :1 and shell <> '' limit " +
                            std::to_string(at_once),
                        {old});
      if (rows.empty()) return;
      sql::Transaction transaction(session);
      for (const sql::Row& row : rows) {
        const auto shell = epochs_->unwrap(static_cast<EpochNumber>(sql::number(row[1])), bytes_of(row[2]));
        if (!shell) {
          log::warning("portal: {} cannot be opened any more: {}", sql::text(row[0]), shell.error().text);
          session.execute("update portal_deposit set shell = '' where id = :1", {row[0]});
          continue;
        }
        session.execute(
            "update portal_deposit set epoch = :1, shell = :2 where id = :3 and epoch = :4",
            {static_cast<std::int64_t>(now), format_base64(or_stop(epochs_->wrap(now, *shell))), row[0], row[1]});
      }
      transaction.commit();
    }
  }

  Result<void> destroy_empty() {
    const auto now = epochs_->current(clock_.now());
    if (!now) return fail(now.error());
    for (const EpochNumber epoch : epochs_->known()) {
      if (epoch + 1 >= *now) continue;  // a deposit that begins now may have asked for it a moment ago
      const auto used = pool_.attempt([&](Session& session) {
        return !session
                    .query("select 1 from portal_deposit where epoch = :1 limit 1", {static_cast<std::int64_t>(epoch)})
                    .empty();
      });
      if (!used) return fail(used.error());
      if (*used) continue;
      if (auto destroyed = epochs_->destroy(epoch); !destroyed) return destroyed;
    }
    return {};
  }

  std::uint64_t quota_;
  Duration rewrap_after_;
  std::unique_ptr<EpochKeys> epochs_;
  AccountRows accounts_;
  const Clock& clock_;
  Random& random_;
  sql::Pool pool_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(StoreOptions options, const Clock& clock, Random& random) {
  auto epochs = EpochKeys::open(options.keys, options.kek, random, epoch_period);
  if (!epochs) return fail(epochs.error());
  auto store = std::make_unique<SqlStore>(std::move(options), std::move(*epochs), clock, random);
  if (auto started = store->start(); !started) return fail(started.error());
  return store;
}

}  // namespace postern::portal
