// OpenPGP: librnp's bare calls, our engine over them, and GnuPG.
#include <filesystem>

#include "bench/seal_bench.hpp"
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
    if (crypto::rnp::take(output.get()).size() < data.size()) stop("librnp made nothing");
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
  if (!sealed) stop(sealed.error().text);
}

void measure(const SealSettings& settings, const char* name, PgpKind kind, crypto::OpenpgpEngine& rnp,
             crypto::OpenpgpEngine& gnupg) {
  const PgpKey reader = test::make_pgp_key("bob@lab.example", {.kind = kind});
  const PgpKey signer = test::make_pgp_key("ann@clinic.example", {.kind = kind});
  const std::string data = "Content-Type: text/plain\r\n\r\n" + std::string(message_size, 'x');
  const Bare bare(reader, signer);
  std::vector<double> bare_rates, rnp_rates, gnupg_rates, ratios, gnupg_ratios;
  for (int round = 0; round < settings.rounds; ++round) {
    bare_rates.push_back(rate(settings.seconds, [&] { bare.seal(data); }));
    rnp_rates.push_back(rate(settings.seconds, [&] { must_seal(rnp, data, reader, signer); }));
    gnupg_rates.push_back(rate(settings.seconds, [&] { must_seal(gnupg, data, reader, signer); }));
    ratios.push_back(rnp_rates.back() / bare_rates.back());
    gnupg_ratios.push_back(gnupg_rates.back() / rnp_rates.back());
  }
  print_figure(settings, name, "messages_per_second", median(rnp_rates), "1/s");
  print_figure(settings, name, "bare_messages_per_second", median(bare_rates), "1/s");
  print_figure(settings, name, "gpgme_messages_per_second", median(gnupg_rates), "1/s");
  print_figure(settings, name, "ratio_to_bare", median(ratios), "");
  print_figure(settings, name, "gpgme_ratio_to_rnp", median(gnupg_ratios), "");
}

}  // namespace

void seal_openpgp(const SealSettings& settings) {
  const SystemClock clock;
  std::string folder = "/dev/shm/postern-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) stop("no folder in /dev/shm");
  {
    const auto rnp = crypto::make_rnp_engine(clock);
    const auto gnupg = crypto::make_gpgme_engine(clock, {.folder = folder + "/gnupg", .concurrency = 1});
    if (!gnupg) stop(gnupg.error().text);
    measure(settings, "openpgp-10k", PgpKind::curve25519, *rnp, **gnupg);
    measure(settings, "openpgp-10k-p256", PgpKind::p256, *rnp, **gnupg);
    measure(settings, "openpgp-10k-rsa3072", PgpKind::rsa3072, *rnp, **gnupg);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace postern::bench
