// One of the engines, ready to seal, for tests that ask the same of each.
#pragma once

#include <stdexcept>

#include "base/hex.hpp"
#include "crypto/openpgp_gpgme.hpp"
#include "crypto/openpgp_packets.hpp"
#include "crypto/openpgp_rnp.hpp"
#include "tests/support/openpgp.hpp"

namespace postern::test {

/// On tmpfs, gone with its owner.
class MemoryFolder {
 public:
  MemoryFolder() {
    std::string name = "/dev/shm/postern-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder in /dev/shm");
    path_ = name;
  }
  ~MemoryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct EngineScene {
  explicit EngineScene(const std::string& name) {
    if (name == "rnp") engine = crypto::make_rnp_engine(clock);
    if (name == "gpgme") engine = crypto::make_gpgme_engine(clock, {.folder = folder.path() / "gnupg"}).value();
    if (engine == nullptr) throw std::runtime_error("no engine " + name);
  }
  [[nodiscard]] Result<std::string> seal(std::string_view data, const std::vector<PgpKey>& to,
                                         const std::optional<PgpKey>& signer = {}) const {
    std::vector<crypto::OpenpgpRecipient> recipients;
    for (const PgpKey& one : to)
      recipients.push_back(one.recipient());
    return engine->seal(data, recipients, signer ? std::optional(signer->signer()) : std::nullopt);
  }

  LaterClock clock;
  MemoryFolder folder;
  std::unique_ptr<crypto::OpenpgpEngine> engine;
};

/// Key ids to which a message is encrypted, read off its packets.
inline std::vector<std::string> recipient_ids(const std::string& armoured) {
  namespace rnp = crypto::rnp;
  const rnp::Output output = rnp::write_memory(0);
  POSTERN_RNP(rnp_dearmor(rnp::read_memory(armoured).get(), output.get()));
  const std::string bytes = rnp::take(output.get());
  std::vector<std::string> ids;
  for (const crypto::Packet& one : crypto::leading_packets(bytes, crypto::packet::public_key_session)) {
    ids.push_back(format_hex(one.body.substr(1, 8)));  // RFC 4880 §5.1
  }
  return ids;
}

inline std::string without_subkey_revocations(const std::string& key) {
  std::string rest;
  const auto packets = crypto::split_packets(key, 1'000);
  for (const crypto::Packet& one : packets.value()) {
    if (one.tag != crypto::packet::signature || crypto::read_signature_packet(one.body).type != 0x28) rest += one.whole;
  }
  return rest;
}

}  // namespace postern::test
