// What the commands on keys share: the key store, opened for one of them.
#pragma once

#include <functional>
#include <string>

#include "crypto/key_store.hpp"
#include "gateway/main/command.hpp"

namespace postern::gateway {

/// An error of the store: the database, or what was asked of it.
int complain_of(const Error& error);

/// Opens the store, runs, closes. `needs_kek`: private keys are sealed; all else works without.
int with_store(const Options& options, bool needs_kek, const std::function<int(crypto::KeyStore&)>& work);

// keys authority
struct AuthorityOptions {
  std::string name, domain, address, key = "p256";
};
int run_authority_create(const Options& options, const AuthorityOptions& own);
int run_authority_show(const Options& options);
int run_authority_issue(const Options& options, const AuthorityOptions& own);

}  // namespace postern::gateway
