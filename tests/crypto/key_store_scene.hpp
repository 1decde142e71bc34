// A key store, and short words for what is asked of it.
#pragma once

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "crypto/key_store.hpp"
#include "tests/support/key_room.hpp"

BOOST_TEST_DONT_PRINT_LOG_VALUE(std::vector<std::string>)
BOOST_TEST_DONT_PRINT_LOG_VALUE(postern::crypto::AddOutcome)
BOOST_TEST_DONT_PRINT_LOG_VALUE(postern::crypto::KeyKinds)
BOOST_TEST_DONT_PRINT_LOG_VALUE(postern::Errc)

namespace postern::test {

struct KeyStoreScene : KeyRoom {
  std::unique_ptr<crypto::KeyStore> store = open();

  using Names = std::vector<std::string>;
  /// The first four digits of each.
  Names found(const std::string& for_whom) {
    Names fingerprints;
    for (const crypto::KeyRecord& key : store->find(address(for_whom)).value())
      fingerprints.push_back(key.fingerprint.substr(0, 4));
    return fingerprints;
  }
  crypto::AddOutcome add(const crypto::KeyRecord& key) { return store->add(key).value().outcome; }
  crypto::KeyKinds kinds(const std::string& for_whom) { return store->index()->kinds(address(for_whom), now); }

  crypto::SigningIdentity identity(const std::string& for_whom, std::string_view key = "-----BEGIN PRIVATE KEY-----") {
    const crypto::KeyRecord of = certificate(for_whom, crypto::Trust::pinned);
    crypto::SigningIdentity made;
    made.fingerprint = of.fingerprint;
    made.addresses = {for_whom};
    made.bytes = of.bytes;
    made.key = secret(key);
    made.added = now;
    made.not_before = now - std::chrono::hours(1);
    return made;
  }
};

}  // namespace postern::test
