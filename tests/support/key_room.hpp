// A key store on its own database, and keys to put in. SQLite in a folder; PostgreSQL where POSTERN_TEST_POSTGRESQL
// names a server (tests/outside/test_keys.py starts one): a schema of its own for each room.
#pragma once

#include <cstdlib>
#include <string>

#include "crypto/certificate.hpp"
#include "crypto/key_store.hpp"
#include "crypto/sql_soci.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/pki.hpp"
#include "tests/support/spool_room.hpp"

namespace postern::test {

inline Secret secret(std::string_view text) {
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

struct KeyRoom {
  Folder folder;
  SystemRandom random;
  Time now = Time(std::chrono::hours(24 * 365 * 55));
  std::variant<crypto::SqliteDatabase, crypto::PostgresqlDatabase> database = make_database();

  [[nodiscard]] static const char* server() { return std::getenv("POSTERN_TEST_POSTGRESQL"); }

  [[nodiscard]] std::variant<crypto::SqliteDatabase, crypto::PostgresqlDatabase> make_database() const {
    if (server() == nullptr) return crypto::SqliteDatabase{folder.path() / "keys.db"};
    const std::string name = "room_" + std::to_string(::getpid()) + "_" + std::to_string(counter()++);
    sql()->execute("create schema " + name, {});
    return crypto::PostgresqlDatabase{secret(std::string(server()) + " options='-c search_path=" + name + "'")};
  }
  [[nodiscard]] static int& counter() {
    static int count = 0;
    return count;
  }
  [[nodiscard]] static std::unique_ptr<crypto::sql::Session> sql() {
    return crypto::sql::connect(crypto::PostgresqlDatabase{secret(server())}, std::chrono::seconds(5));
  }
  /// Past the store.
  [[nodiscard]] std::unique_ptr<crypto::sql::Session> session() const {
    return crypto::sql::connect(database, std::chrono::seconds(5));
  }

  [[nodiscard]] Result<std::unique_ptr<crypto::KeyStore>> try_open(Secret kek) {
    crypto::KeyStoreOptions options;
    options.database = database;
    options.kek = std::move(kek);
    options.patience = std::chrono::seconds(2);
    return crypto::open_key_store(std::move(options), random);
  }
  [[nodiscard]] std::unique_ptr<crypto::KeyStore> open(std::uint8_t kek_octet = 7) {
    return std::move(try_open(kek(kek_octet)).value());
  }

  [[nodiscard]] crypto::KeyRecord certificate(const std::string& address_text, crypto::Trust trust,
                                              const std::string& source = "import: lab.pem") const {
    const auto made = crypto::Certificate::parse_der(certificate_bytes(authority("test"))).value();
    crypto::KeyRecord key;
    key.kind = crypto::KeyKind::certificate;
    key.fingerprint = made.fingerprint();
    key.addresses = {address_text};
    key.bytes = made.der();
    key.source = source;
    key.evidence = "a test made it";
    key.trust = trust;
    key.added = now;
    key.not_before = made.not_before();
    key.not_after = made.not_after();
    return key;
  }
  /// Bytes that the store does not read; the fingerprint is made of one digit.
  [[nodiscard]] crypto::KeyRecord openpgp(const std::string& address_text, char digit, crypto::Trust trust,
                                          const std::string& source = "wkd") const {
    crypto::KeyRecord key;
    key.kind = crypto::KeyKind::openpgp;
    key.fingerprint = std::string(40, digit);
    key.addresses = {address_text};
    key.bytes = std::string("\x99\x00key ", 6) + digit;
    key.source = source;
    key.evidence = "a test made it";
    key.trust = trust;
    key.added = now;
    key.not_before = now - std::chrono::hours(1);
    return key;
  }
};

}  // namespace postern::test
