// What one try at a sender's passphrase costs, to us and to whoever guesses: Argon2id at the cost that deposits ask
// for, beside SHA-256 over as many octets as its passes write. On one core, in CPU time; medians of the rounds.
//
//   bench_passphrase [--json] [--rounds N]
#include "portal/passphrase.hpp"

#include <ctime>

#include "bench/writers.hpp"
#include "crypto/seal.hpp"

namespace {

using namespace postern;

constexpr crypto::Argon2Cost cost;

double cpu_seconds_of(const auto& work) {
  const auto now = [] {
    timespec at{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
  };
  const double begun = now();
  work();
  return now() - begun;
}

void try_once() {
  SystemRandom random;
  if (const auto made = portal::stretch_anew("abacus tulip zebra honey", random); !made) bench::stop(made.error().text);
}

void digest_as_much() {
  crypto::Digest digest;
  const std::string block(1U << 20, 'x');
  for (std::uint32_t i = 0; i < cost.passes * (cost.kibibytes >> 10); ++i)
    digest.update(block);
  (void)digest.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Settings settings = bench::parse(argc, argv);
  std::vector<double> tries, digests;
  for (int round = 0; round < settings.rounds; ++round) {
    tries.push_back(cpu_seconds_of(try_once));
    digests.push_back(cpu_seconds_of(digest_as_much));
  }
  const double one = bench::median(tries), ratio = one / bench::median(digests);
  if (settings.json) {
    fmt::print("{{\"bench\": \"passphrase\", \"seconds\": {:.3f}, \"ratio_to_sha256\": {:.2f}}}\n", one, ratio);
  } else {
    fmt::print("a try at a passphrase: {:.3f} s of a core and {} MiB; {:.2f} of SHA-256 over {} times as much\n", one,
               cost.kibibytes >> 10, ratio, cost.passes);
  }
}
