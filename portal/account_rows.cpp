#include "portal/account_rows.hpp"

#include "base/base64.hpp"
#include "crypto/hkdf.hpp"
#include "crypto/seal.hpp"
#include "crypto/sealed_box.hpp"

namespace postern::portal {
namespace {

namespace sql = crypto::sql;
using std::chrono::hours;

std::string purpose_of(const std::string& name) {
  return "account row " + name;
}

std::int64_t milliseconds(Time time) {
  return time.time_since_epoch().count();
}

}  // namespace

AccountRows::AccountRows(const Secret& kek, Random& random)
    : key_(crypto::hkdf(kek, std::string(crypto::key_size, '\0'), "postern portal 1: accounts")), random_(random) {}

std::optional<Account> AccountRows::find(sql::Session& session, const std::string& name) const {
  const auto rows = session.query("select sealed, version from portal_account where name = :1", {name});
  if (rows.empty()) return std::nullopt;
  const std::string sealed = parse_base64(sql::text(rows.front()[0])).value_or("");
  const auto plain = crypto::open_box(key_, purpose_of(name), sealed);
  if (!plain) throw sql::Fault{plain.error()};
  Reader in(plain->text());
  Account account = decode_account(in);
  if (!in.finished()) throw sql::Fault{{Errc::corrupt, "an account in the portal's database cannot be read"}};
  account.name = name;
  account.version = static_cast<std::uint64_t>(sql::number(rows.front()[1]));
  return account;
}

bool AccountRows::keep(sql::Session& session, Account& account, Time now) const {
  Writer out;
  encode(out, account);
  const std::string sealed = format_base64(crypto::seal_box(key_, purpose_of(account.name), out.take(), random_));
  const auto version = static_cast<std::int64_t>(account.version);
  const std::int64_t changed =
      account.version == 0
          ? session.execute(
                "insert into portal_account (name, tenant, sealed, version, used) values (:1, :2, :3, 1, "
                ":4) on conflict do nothing",
                {account.name, account.tenant, sealed, milliseconds(now)})
          : session.execute(
                "update portal_account set sealed = :1, version = version + 1, used = :2 where name = :3 "
                "and version = :4",
                {sealed, milliseconds(now), account.name, version});
  if (changed != 1) return false;
  ++account.version;
  return true;
}

void AccountRows::used(sql::Session& session, const std::string& name, Time now) {
  session.execute("update portal_account set used = :1 where name = :2 and used < :3",
                  {milliseconds(now), name, milliseconds(now - hours(24))});
}

void AccountRows::forget(sql::Session& session, Time before) {
  session.execute("delete from portal_account where used < :1", {milliseconds(before)});
}

}  // namespace postern::portal
