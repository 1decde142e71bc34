// OpenPGP: librnp's bare calls, our engine over them, and GnuPG.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include "bench/seal.hpp"
#include "crypto/openpgp_gpgme.hpp"
#include "crypto/openpgp_key.hpp"
#include "crypto/openpgp_rnp.hpp"
#include "tests/support/openpgp.hpp"

namespace postern::bench {
namespace {

using test::PgpKey;
using test::PgpKind;

constexpr std::size_t message_size = 10'240;

/// What there is at least to do: everything loaded, one operation.
class Bare {
 public:
  Bare(const PgpKey& reader, const PgpKey& signer) : context_(crypto::rnp::make_context()) {
    load(reader.public_key, RNP_LOAD_SAVE_PUBLIC_KEYS);
    load(signer.secret_key, RNP_LOAD_SAVE_PUBLIC_KEYS | RNP_LOAD_SAVE_SECRET_KEYS);
    reader_ = crypto::rnp::find_key(context_.get(), reader.fingerprint);
    signer_ = crypto::rnp::find_key(context_.get(), signer.fingerprint);
  }
  void seal(const std::string& data) const {
    const auto input = crypto::rnp::read_memory(data);
    const auto output = crypto::rnp::write_memory(0);
    rnp_op_encrypt_t made = nullptr;
    POSTERN_RNP(rnp_op_encrypt_create(&made, context_.get(), input.get(), output.get()));
    const crypto::rnp::Encrypt operation(made);
    POSTERN_RNP(rnp_op_encrypt_add_recipient(made, reader_.get()));
    POSTERN_RNP(rnp_op_encrypt_add_signature(made, signer_.get(), nullptr));
    POSTERN_RNP(rnp_op_encrypt_set_hash(made, "SHA256"));
    POSTERN_RNP(rnp_op_encrypt_set_cipher(made, "AES256"));
    POSTERN_RNP(rnp_op_encrypt_set_compression(made, "Uncompressed", 0));
    POSTERN_RNP(rnp_op_encrypt_set_armor(made, true));
    POSTERN_RNP(rnp_op_encrypt_execute(made));
    if (crypto::rnp::take(output.get()).size() < data.size()) throw std::runtime_error("librnp made nothing");
  }

 private:
  void load(const std::string& bytes, std::uint32_t what) {
    POSTERN_RNP(rnp_load_keys(context_.get(), "GPG", crypto::rnp::read_memory(bytes).get(), what));
  }
  crypto::rnp::Context context_;
  crypto::rnp::Key reader_, signer_;
};

void must_seal(crypto::OpenpgpEngine& engine, const std::string& data, const PgpKey& reader, const PgpKey& signer) {
  const auto sealed = engine.seal(data, {reader.recipient()}, signer.signer());
  if (!sealed) throw std::runtime_error(sealed.error().text);
}

/// GnuPG's work is in processes of its own: its figure is by the clock on the wall.
double seconds_by_the_wall(const std::function<void()>& one) {
  using Steady = std::chrono::steady_clock;
  constexpr int times = 10;
  one();  // what is loaded once is loaded
  const auto begun = Steady::now();
  for (int i = 0; i < times; ++i)
    one();
  return std::chrono::duration<double>(Steady::now() - begun).count() / times;
}

std::vector<Figure> measure(PgpKind kind) {
  const SystemClock clock;
  std::string folder = "/dev/shm/postern-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no folder in /dev/shm");
  std::vector<Figure> figures;
  {
    const auto rnp = crypto::make_rnp_engine(clock);
    const auto gnupg = crypto::make_gpgme_engine(clock, {.folder = folder + "/gnupg", .concurrency = 1});
    if (!gnupg) throw std::runtime_error(gnupg.error().text);
    const PgpKey reader = test::make_pgp_key("bob@lab.example", {.kind = kind});
    const PgpKey signer = test::make_pgp_key("ann@clinic.example", {.kind = kind});
    const std::string data = "Content-Type: text/plain\r\n\r\n" + std::string(message_size, 'x');
    const Bare bare(reader, signer);
    const Pair pair = measure_in_turns([&] { must_seal(*rnp, data, reader, signer); }, [&] { bare.seal(data); });
    const double by_gnupg = seconds_by_the_wall([&] { must_seal(**gnupg, data, reader, signer); });
    figures = {{"messages_per_second", 1 / pair.ours, "1/s"},
               {"bare_messages_per_second", 1 / pair.theirs, "1/s"},
               {"gpgme_messages_per_second", 1 / by_gnupg, "1/s"},
               {"ratio_to_bare", pair.theirs / pair.ours, ""}};
  }
  std::filesystem::remove_all(folder);
  return figures;
}

}  // namespace

void add_openpgp_cases(std::vector<SealCase>& cases) {
  cases.push_back({"openpgp-10k", [] { return measure(PgpKind::curve25519); }});
  cases.push_back({"openpgp-10k-p256", [] { return measure(PgpKind::p256); }});
  cases.push_back({"openpgp-10k-rsa3072", [] { return measure(PgpKind::rsa3072); }});
}

}  // namespace postern::bench
