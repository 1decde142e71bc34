// posternd's side of the deposit socket (portal/deposit_protocol.hpp). Errors that may pass are Errc::unavailable.
#pragma once

#include <filesystem>
#include <memory>

#include "base/secret.hpp"
#include "mail/outbound.hpp"
#include "net/offload.hpp"
#include "portal/deposit_protocol.hpp"
#include "spool/spool.hpp"

namespace postern::gateway {

class PortalClient {
 public:
  /// `pool`: where bodies are read and sealed.
  PortalClient(std::filesystem::path socket, net::Pool& pool) : socket_(std::move(socket)), pool_(pool) {}

  /// For a deposit. One after the other: each takes 64 MiB for a while.
  net::awaitable<Result<portal::Stretched>> stretch(Secret passphrase, Random& random);

  /// Seals what `outbound` stands for, whose bytes `body` gives, and has it kept. Good where the portal has it already.
  net::awaitable<Result<void>> deposit(const mail::Outbound& outbound, portal::Deposit deposit, Secret content,
                                       std::shared_ptr<spool::BodyReader> body);
  net::awaitable<Result<void>> revoke(std::vector<std::string> lookups);
  net::awaitable<Result<void>> extend(QueueId deposit, Time expires);
  /// What these accounts' messages are to be sealed for, in order; empty: no password was chosen yet.
  net::awaitable<Result<std::vector<std::string>>> find_accounts(std::vector<std::string> names);
  // What was written there
  net::awaitable<Result<std::vector<portal::SealedReply>>> list_replies();
  net::awaitable<Result<std::string>> fetch_reply(QueueId id, std::uint32_t index);
  net::awaitable<Result<void>> drop_reply(QueueId id);

  /// Waits up to `wait` where nothing has happened.
  net::awaitable<Result<std::vector<portal::PortalEvent>>> collect(std::uint64_t seen, Duration wait);

 private:
  /// One question on a connection of its own.
  net::awaitable<Result<portal::Answer>> ask_once(portal::Request request);

  std::filesystem::path socket_;
  net::Pool& pool_;
  std::unique_ptr<net::Pool> stretching_ = std::make_unique<net::Pool>("passphrases", 1, 1'000);
};

}  // namespace postern::gateway
