#include "crypto/openpgp_rnp.hpp"

#include <algorithm>
#include <list>
#include <mutex>

#include "crypto/openpgp_key.hpp"
#include "crypto/openpgp_signing_key.hpp"
#include "crypto/rnp.hpp"
#include "crypto/seal.hpp"

namespace postern::crypto {
namespace {

/// A key in a context of its own, so that keys that stay loaded know nothing of each other.
struct Loaded {
  std::string id;  // of the bytes that it was loaded from
  rnp::Context context;
  rnp::Key handle;
  OpenpgpKey key;             // of a recipient
  std::string part;           // fingerprint of what `handle` is
  std::optional<Time> until;  // of a signer
};
using Loan = std::unique_ptr<Loaded>;

std::string id_of(char kind, std::string_view bytes) {
  return kind + sha256(bytes);
}

/// Loaded keys that nobody uses just now, the latest used first.
class Shelf {
 public:
  explicit Shelf(std::size_t room) : room_(room) {}

  Loan take(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(keys_, id, [](const Loan& loan) -> const std::string& { return loan->id; });
    if (found == keys_.end()) return {};
    Loan loan = std::move(*found);
    keys_.erase(found);
    return loan;
  }
  void put_back(Loan loan) {
    const std::lock_guard lock(mutex_);
    keys_.push_front(std::move(loan));
    if (keys_.size() > room_) keys_.pop_back();
  }

 private:
  std::size_t room_;
  std::mutex mutex_;
  std::list<Loan> keys_;
};

/// Back on the shelf, whatever becomes of the call.
class Loans {
 public:
  explicit Loans(Shelf& shelf) : shelf_(shelf) {}
  ~Loans() {
    for (Loan& loan : all_)
      shelf_.put_back(std::move(loan));
  }
  Loans(const Loans&) = delete;
  Loans& operator=(const Loans&) = delete;
  const Loaded* add(Loan loan) { return all_.emplace_back(std::move(loan)).get(); }

 private:
  Shelf& shelf_;
  std::vector<Loan> all_;
};

std::string recipient_name(const std::string& fingerprint) {
  return "OpenPGP key " + fingerprint;
}

Result<Loan> load_recipient(const OpenpgpRecipient& recipient) {
  auto key = parse_openpgp_key(recipient.key);
  if (!key) return fail(key.error());
  if (key->primary.fingerprint != recipient.fingerprint)
    return fail(Errc::invalid, recipient_name(recipient.fingerprint) + " is not what was given as its bytes");
  auto loaded = std::make_unique<Loaded>();
  loaded->id = id_of('r', recipient.key);
  loaded->context = rnp::make_context();
  const rnp::Input input = rnp::read_memory(key->bytes);
  if (const rnp_result_t done = rnp_load_keys(loaded->context.get(), "GPG", input.get(), RNP_LOAD_SAVE_PUBLIC_KEYS);
      done != RNP_SUCCESS)
    return rnp::failed(Errc::invalid, recipient_name(recipient.fingerprint) + " cannot be read", done);
  loaded->key = *std::move(key);
  return loaded;
}

/// Chosen anew at each use: what is loaded may have expired since.
Result<void> choose_part(Loaded& recipient, Time now) {
  const auto part = encryption_part(recipient.key, now);
  if (!part) return fail(part.error());
  if (recipient.part == part->fingerprint) return {};
  recipient.part = part->fingerprint;
  recipient.handle = rnp::find_key(recipient.context.get(), part->fingerprint);
  if (recipient.handle) return {};
  recipient.part.clear();
  return fail(Errc::invalid, recipient_name(recipient.key.primary.fingerprint) + " lost its subkey on the way");
}

Result<Loan> load_signer(const OpenpgpSigner& signer) {
  auto key = read_signing_key(signer);
  if (!key) return fail(key.error());
  auto loaded = std::make_unique<Loaded>();
  loaded->id = id_of('s', signer.key.text());
  loaded->context = std::move(key->context);
  loaded->handle = std::move(key->part);
  loaded->part = std::move(key->fingerprint);
  loaded->until = key->until;
  return loaded;
}

class RnpEngine final : public OpenpgpEngine {
 public:
  RnpEngine(const Clock& clock, const RnpEngineOptions& options) : clock_(clock), shelf_(options.kept_keys) {}

  Result<std::string> seal(std::string_view data, const std::vector<OpenpgpRecipient>& to,
                           const std::optional<OpenpgpSigner>& signer) override {
    if (to.empty()) return fail(Errc::invalid, "there is no OpenPGP key to encrypt to");
    Loans loans(shelf_);
    std::vector<const Loaded*> recipients;
    for (const OpenpgpRecipient& one : to) {
      const auto recipient = borrow(loans, one);
      if (!recipient) return fail(recipient.error());
      const bool twice = std::ranges::find(recipients, (*recipient)->part, &Loaded::part) != recipients.end();
      if (!twice) recipients.push_back(*recipient);
    }
    const Loaded* by = nullptr;
    if (signer) {
      const auto borrowed = borrow(loans, *signer);
      if (!borrowed) return fail(borrowed.error());
      by = *borrowed;
    }
    auto sealed = encrypt(data, recipients, by);
    return sealed ? std::move(sealed) : find_culprit(sealed.error(), recipients, by);
  }

 private:
  Result<const Loaded*> borrow(Loans& loans, const OpenpgpRecipient& recipient) {
    Loan loan = shelf_.take(id_of('r', recipient.key));
    if (!loan) {
      auto loaded = load_recipient(recipient);
      if (!loaded) return fail(loaded.error());
      loan = *std::move(loaded);
    }
    if (loan->key.primary.fingerprint != recipient.fingerprint)
      return fail(Errc::invalid, recipient_name(recipient.fingerprint) + " is not what was given as its bytes");
    if (auto chosen = choose_part(*loan, clock_.now()); !chosen) return fail(chosen.error());
    return loans.add(std::move(loan));
  }

  Result<const Loaded*> borrow(Loans& loans, const OpenpgpSigner& signer) {
    Loan loan = shelf_.take(id_of('s', signer.key.text()));
    if (!loan) {
      auto loaded = load_signer(signer);
      if (!loaded) return fail(loaded.error());
      loan = *std::move(loaded);
    }
    if (auto holds = check_not_expired(signer, loan->until, clock_.now()); !holds) return fail(holds.error());
    return loans.add(std::move(loan));
  }

  static Result<std::string> encrypt(std::string_view data, const std::vector<const Loaded*>& to,
                                     const Loaded* signer) {
    const rnp::Input input = rnp::read_memory(data);
    const rnp::Output output = rnp::write_memory(0);
    rnp_op_encrypt_t made = nullptr;
    // A context is asked for random numbers and pass phrases; whose keys it holds does not matter here.
    rnp_ffi_t context = signer != nullptr ? signer->context.get() : to.front()->context.get();
    rnp_result_t done = rnp_op_encrypt_create(&made, context, input.get(), output.get());
    const rnp::Encrypt operation(made);
    const auto then = [&done](auto step) {
      if (done == RNP_SUCCESS) done = step();
    };
    for (const Loaded* one : to)
      then([&] { return rnp_op_encrypt_add_recipient(made, one->handle.get()); });
    if (signer != nullptr) then([&] { return rnp_op_encrypt_add_signature(made, signer->handle.get(), nullptr); });
    then([&] { return rnp_op_encrypt_set_hash(made, "SHA256"); });
    then([&] { return rnp_op_encrypt_set_cipher(made, "AES256"); });
    then([&] { return rnp_op_encrypt_set_aead(made, "None"); });  // that would be a draft that few can read
    then([&] { return rnp_op_encrypt_set_compression(made, "Uncompressed", 0); });
    then([&] { return rnp_op_encrypt_set_file_name(made, ""); });
    then([&] { return rnp_op_encrypt_set_file_mtime(made, 0); });
    then([&] { return rnp_op_encrypt_set_armor(made, true); });
    then([&] { return rnp_op_encrypt_execute(made); });
    if (done != RNP_SUCCESS) return rnp::failed(Errc::unavailable, "OpenPGP encryption failed", done);
    return rnp::take(output.get());
  }

  /// librnp does not say which key it stumbled over: each is tried alone, with nothing to hide.
  static Result<std::string> find_culprit(const Error& error, const std::vector<const Loaded*>& to,
                                          const Loaded* signer) {
    for (const Loaded* one : to) {
      if (auto alone = encrypt("", {one}, nullptr); !alone)
        return fail(Errc::invalid, recipient_name(one->key.primary.fingerprint) + " cannot be encrypted to",
                    alone.error().detail);
    }
    if (signer != nullptr) {
      if (auto alone = encrypt("", {to.front()}, signer); !alone)
        return fail(Errc::invalid, "OpenPGP signing key " + signer->part + " cannot sign", alone.error().detail);
    }
    return fail(error);
  }

  const Clock& clock_;
  Shelf shelf_;
};

}  // namespace

std::unique_ptr<OpenpgpEngine> make_rnp_engine(const Clock& clock, const RnpEngineOptions& options) {
  return std::make_unique<RnpEngine>(clock, options);
}

}  // namespace postern::crypto
