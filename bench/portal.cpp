// How many deposits of 10 KB a second the portal keeps, beside the least that its database can do: one row of as many
// octets, inserted and synced. Both in the same run, in turns, on the same disk; the medians of the rounds are printed.
//
//   bench_portal [--json] [--dir DIR] [--seconds N] [--rounds N]
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "base/base64.hpp"
#include "bench/writers.hpp"
#include "crypto/seal.hpp"
#include "crypto/sql_soci.hpp"
#include "portal/store.hpp"

namespace {

using namespace postern;
namespace fs = std::filesystem;
using bench::Settings, bench::stop;

constexpr std::size_t message_size = 10'240;

/// A deposit as posternd makes it, sealing included: for one recipient.
void deposit_one(portal::Store& store, const Clock& clock, Random& random, const std::string& text) {
  portal::Deposit deposit;
  deposit.id = QueueId::make(clock.now(), random);
  deposit.tenant = "clinic";
  deposit.expires = clock.now() + std::chrono::hours(24 * 30);
  deposit.size = text.size();
  deposit.chunks = 1;
  const Secret content = crypto::make_key(random);
  deposit.pickups = {portal::make_pickup(deposit.id, portal::make_lookup(random), crypto::make_key(random), content,
                                         {"patient@there.example", "en"}, random)};
  const auto kept = store.keep(deposit, {crypto::seal_chunk(content, portal::content_label(deposit.id, 0, 1), text)});
  if (!kept) stop(kept.error().text);
}

double of_the_portal(const Settings& settings, const fs::path& dir, const std::string& text) {
  const SystemClock clock;
  SystemRandom random;
  fs::create_directories(dir);
  const auto store = portal::Store::open(
      {crypto::SqliteDatabase{dir / "portal.db"}, dir / "keys", crypto::make_key(random)}, clock, random);
  if (!store) stop(store.error().text);
  return bench::run_writers(settings.seconds, [&] { deposit_one(**store, clock, random, text); });
}

double of_the_database(const Settings& settings, const fs::path& dir, const std::string& text) {
  namespace sql = crypto::sql;
  fs::create_directories(dir);
  sql::Pool pool([&dir] { return sql::connect(crypto::SqliteDatabase{dir / "bare.db"}, std::chrono::seconds(5)); }, 4,
                 std::chrono::seconds(5));
  pool.run([](sql::Session& session) { session.execute("create table bare (bytes text not null)", {}); });
  const std::string bytes = format_base64(text);
  return bench::run_writers(settings.seconds, [&] {
    pool.run([&](sql::Session& session) { session.execute("insert into bare (bytes) values (:1)", {bytes}); });
  });
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = bench::parse(argc, argv);
  const std::string text(message_size, 'x');
  std::vector<double> portals, databases, ratios;
  for (int round = 0; round < settings.rounds; ++round) {
    const fs::path dir = settings.dir / fmt::format("bench-portal-{}-{}", ::getpid(), round);
    databases.push_back(of_the_database(settings, dir, text));
    portals.push_back(of_the_portal(settings, dir, text));
    ratios.push_back(portals.back() / databases.back());
    fs::remove_all(dir);
  }
  const double kept = bench::median(portals), bare = bench::median(databases), ratio = bench::median(ratios);
  if (settings.json) {
    fmt::print(
        "{{\"bench\": \"portal\", \"deposits_per_second\": {:.0f}, \"bare_per_second\": {:.0f}, \"ratio_to_bare\": "
        "{:.3f}}}\n",
        kept, bare, ratio);
  } else {
    fmt::print("deposits of 10 KB: {:.0f}/s; the bare database: {:.0f} rows/s; ratio {:.3f}\n", kept, bare, ratio);
  }
}
