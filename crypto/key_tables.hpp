// Recipients' keys as rows. Each function runs in the transaction of its caller and throws a sql::Fault.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "crypto/key_store.hpp"
#include "crypto/sql.hpp"

namespace postern::crypto {

/// The addresses whose entry in the index may be another one now.
using Touched = std::set<std::string>;

/// Moves the generation; first in every transaction that writes. Gives the new one.
std::uint64_t next_generation(sql::Session& session);
[[nodiscard]] std::uint64_t generation_of(sql::Session& session);

/// Refuses what must not be stored.
[[nodiscard]] Result<void> check_key(const KeyRecord& key);

AddResult add_key(sql::Session& session, const KeyRecord& key, Touched& touched);
/// As an address is stored: "ann@lab.example".
[[nodiscard]] std::string key_name(const mail::Address& address);
[[nodiscard]] std::vector<KeyRecord> find_keys(sql::Session& session, const std::string& name);
[[nodiscard]] std::vector<KeyRecord> list_keys(sql::Session& session, const KeyFilter& filter, std::size_t limit);
void trust_key(sql::Session& session, const KeyName& key, Trust trust, Touched& touched);
void revoke_key(sql::Session& session, const std::string& fingerprint, Time at, Touched& touched);
void approve_key(sql::Session& session, const KeyName& key, Touched& touched);
void remove_key(sql::Session& session, const KeyName& key, Touched& touched);

/// Adds what the tables have for all names, or for one.
void read_index(sql::Session& session, KeyIndex& index);
void read_index(sql::Session& session, const std::string& name, KeyIndex& index);

// What rows hold, for identities too
[[nodiscard]] std::int64_t stored(Time time);
[[nodiscard]] sql::Value stored(const std::optional<Time>& time);
[[nodiscard]] Time time_of(const sql::Value& value);
[[nodiscard]] std::optional<Time> perhaps_time(const sql::Value& value);
[[nodiscard]] std::string bytes_of(const sql::Value& base64);
[[nodiscard]] KeyKind kind_of(const sql::Value& value);
/// Clean UTF-8 in one line.
[[nodiscard]] std::string one_line(std::string_view text);
[[nodiscard]] std::string domain_of(std::string_view address);
/// "1a2b3c4d5e6f7a8b…": enough for a log.
[[nodiscard]] std::string short_fingerprint(std::string_view fingerprint);

}  // namespace postern::crypto
