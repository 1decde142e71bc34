#include "crypto/openpgp_gpgme.hpp"

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <gpgme.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/descriptor.hpp"
#include "crypto/openpgp_key.hpp"
#include "crypto/openpgp_signing_key.hpp"
#include "crypto/seal.hpp"
#include "mail/lines.hpp"

namespace postern::crypto {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;
using Context = std::unique_ptr<gpgme_context, Frees<gpgme_release>>;
using Data = std::unique_ptr<gpgme_data, Frees<gpgme_data_release>>;
using GpgKey = std::unique_ptr<std::remove_pointer_t<gpgme_key_t>, Frees<gpgme_key_unref>>;

/// Before any thread uses GPGME; without it, gpgconf would be asked where programs are, and we know. Once in a life
/// GPGME looks for "gpg", and where there is none it never finds one again: so it gets a program that is always there.
/// Contexts name the true one (open_context).
void initialise() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpgme_set_global_flag("disable-gpgconf", "1");
    gpgme_set_global_flag("gpg-name", "true");
    gpgme_check_version(nullptr);
  });
}

std::unexpected<Error> failed(Errc code, std::string text, gpgme_error_t why) {
  return fail(code, std::move(text), std::string(gpgme_strsource(why)) + ": " + gpgme_strerror(why));
}

Data read_data(std::string_view bytes) {
  gpgme_data_t data = nullptr;
  if (gpgme_data_new_from_mem(&data, bytes.data(), bytes.size(), 0) != 0) throw std::bad_alloc();
  return Data(data);
}

Data write_data() {
  gpgme_data_t data = nullptr;
  if (gpgme_data_new(&data) != 0) throw std::bad_alloc();
  return Data(data);
}

constexpr std::size_t most_signers = 32;

/// A home with a context. One thread at a time.
struct Desk {
  std::unique_ptr<GpgHome> home;
  Context context;
  struct Signer {
    std::string digest;  // of the key as it was given
    GpgKey key;
    std::optional<Time> until;
  };
  std::map<std::string, Signer> signers;  // by fingerprint

  /// gpg would merge a key that has changed with what it was; and secret keys do not pile up.
  [[nodiscard]] bool takes(const OpenpgpSigner& signer) const {
    const auto found = signers.find(signer.fingerprint);
    if (found == signers.end()) return signers.size() < most_signers;
    return found->second.digest == sha256(signer.key.text());
  }
  [[nodiscard]] bool serves() const { return home && home->agent_is_alive(); }
  void close() {
    signers.clear();
    context.reset();
    home.reset();
  }
};

/// Ends gpg and its agent when the deadline comes, again and again: a process may just have been on its way.
class Watch {
 public:
  Watch(const GpgHome& home, Steady::time_point deadline)
      : thread_([this, &home, deadline](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          over_.wait_until(lock, stop, deadline, [] { return false; });
          while (!stop.stop_requested()) {
            fired_ = true;
            home.kill_all();
            over_.wait_for(lock, stop, std::chrono::milliseconds(50), [] { return false; });
          }
        }) {}
  [[nodiscard]] bool fired() const { return fired_; }

 private:
  std::atomic<bool> fired_ = false;
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread thread_;  // last: it uses the others
};

struct Recipient {
  std::string fingerprint, bytes;
};

/// gpg writes the last line last: a message without it was cut off by the death of gpg, which GPGME may not notice.
bool is_whole(std::string_view armoured) {
  return armoured.starts_with("-----BEGIN PGP MESSAGE-----\n\n") && armoured.ends_with("\n-----END PGP MESSAGE-----\n");
}

Result<std::vector<Recipient>> prepare(const std::vector<OpenpgpRecipient>& to, Time now) {
  std::vector<Recipient> recipients;
  for (const OpenpgpRecipient& one : to) {
    const auto key = parse_openpgp_key(one.key);
    if (!key) return fail(key.error());
    if (key->primary.fingerprint != one.fingerprint)
      return fail(Errc::invalid, "OpenPGP key " + one.fingerprint + " is not what was given as its bytes");
    const auto part = encryption_part(*key, now);
    if (!part) return fail(part.error());
    const bool twice = std::ranges::find(recipients, one.fingerprint, &Recipient::fingerprint) != recipients.end();
    if (!twice) recipients.push_back({one.fingerprint, only_with(*key, *part)});
  }
  return recipients;
}

/// Files of public keys, for one call.
class KeyFiles {
 public:
  explicit KeyFiles(const fs::path& folder) : folder_(folder) {}
  ~KeyFiles() {
    std::error_code ignored;
    for (const fs::path& one : all_)
      fs::remove(one, ignored);
  }
  KeyFiles(const KeyFiles&) = delete;
  KeyFiles& operator=(const KeyFiles&) = delete;

  [[nodiscard]] bool add(const std::string& bytes) {
    all_.push_back(folder_ / ("recipient-" + std::to_string(all_.size())));
    std::ofstream out(all_.back(), std::ios::binary);
    out << bytes;
    out.close();
    return static_cast<bool>(out);
  }
  /// As GPGME wants its recipients.
  [[nodiscard]] std::string list() const {
    std::string lines = "--file";
    for (const fs::path& one : all_)
      lines += "\n" + one.native();
    return lines;
  }

 private:
  fs::path folder_;
  std::vector<fs::path> all_;
};

class GpgmeEngine final : public OpenpgpEngine {
 public:
  GpgmeEngine(const Clock& clock, GpgmeEngineOptions options, Descriptor lock)
      : clock_(clock),
        options_(std::move(options)),
        lock_(std::move(lock)),
        desks_(std::max(1U, options_.concurrency)) {
    for (Desk& one : desks_)
      free_.push_back(&one);
  }

  Result<std::string> seal(std::string_view data, const std::vector<OpenpgpRecipient>& to,
                           const std::optional<OpenpgpSigner>& signer) override {
    if (to.empty()) return fail(Errc::invalid, "there is no OpenPGP key to encrypt to");
    const auto recipients = prepare(to, clock_.now());
    if (!recipients) return fail(recipients.error());
    const Steady::time_point deadline = Steady::now() + options_.deadline;
    Desk* desk = take_desk(deadline);
    if (desk == nullptr) return fail(Errc::timed_out, "every GnuPG process was busy");
    auto sealed = seal_at(*desk, data, *recipients, signer, deadline);
    put_back(desk);
    return sealed;
  }

 private:
  Desk* take_desk(Steady::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_until(lock, deadline, [this] { return !free_.empty(); })) return nullptr;
    Desk* desk = free_.back();  // the latest used: the others' agents may sleep
    free_.pop_back();
    return desk;
  }
  void put_back(Desk* desk) {
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(desk);
    }
    freed_.notify_one();
  }

  /// A home whose agent died, or that was ended at a deadline, is of no more use: a new one is made.
  Result<void> open(Desk& desk) const {
    if (desk.serves()) return {};
    desk.close();
    auto home = GpgHome::open(options_.folder, options_.programs);
    if (!home) return fail(home.error());
    desk.home = *std::move(home);
    return {};
  }

  /// It runs gpg, to hear of its version: under the watch.
  Result<void> open_context(Desk& desk) const {
    if (desk.context) return {};
    gpgme_ctx_t context = nullptr;
    if (const gpgme_error_t why = gpgme_new(&context); why != 0)
      return failed(Errc::unavailable, "GPGME has no context", why);
    Context made(context);
    const gpgme_error_t why = gpgme_ctx_set_engine_info(context, GPGME_PROTOCOL_OpenPGP, options_.programs.gpg.c_str(),
                                                        desk.home->folder().c_str());
    if (why != 0) return failed(Errc::unavailable, "GnuPG cannot be started", why);
    gpgme_set_armor(context, 1);
    gpgme_set_offline(context, 1);
    gpgme_set_pinentry_mode(context, GPGME_PINENTRY_MODE_ERROR);
    desk.context = std::move(made);
    return {};
  }

  Result<std::string> seal_at(Desk& desk, std::string_view data, const std::vector<Recipient>& to,
                              const std::optional<OpenpgpSigner>& signer, Steady::time_point deadline) const {
    if (signer && !desk.takes(*signer)) desk.close();
    bool in_vain = false;
    auto sealed = try_at(desk, data, to, signer, deadline, in_vain);
    return in_vain ? try_at(desk, data, to, signer, deadline, in_vain) : sealed;  // once more, with another agent
  }

  Result<std::string> try_at(Desk& desk, std::string_view data, const std::vector<Recipient>& to,
                             const std::optional<OpenpgpSigner>& signer, Steady::time_point deadline,
                             bool& in_vain) const {
    if (auto opened = open(desk); !opened) return fail(opened.error());
    Result<std::string> sealed;
    bool late = false;
    {
      const Watch watch(*desk.home, deadline);
      sealed = run(desk, data, to, signer);
      late = watch.fired();
    }
    // gpg may have missed its agent before the system says that it is dead.
    const bool agent_died = !sealed && !late && !desk.serves();
    in_vain = agent_died || (!sealed && !late && sealed.error().code == Errc::unavailable);
    if (late || !desk.serves() || (!sealed && sealed.error().code != Errc::invalid)) desk.close();
    if (!sealed && late) return fail(Errc::timed_out, "GnuPG did not answer in time", sealed.error().detail);
    if (agent_died) return fail(Errc::unavailable, "gpg-agent died", sealed.error().detail);
    return sealed;
  }

  Result<std::string> run(Desk& desk, std::string_view data, const std::vector<Recipient>& to,
                          const std::optional<OpenpgpSigner>& signer) const {
    if (auto opened = open_context(desk); !opened) return fail(opened.error());
    gpgme_signers_clear(desk.context.get());
    if (signer) {
      if (auto added = add_signer(desk, *signer); !added) return fail(added.error());
    }
    auto sealed = encrypt(desk, data, to, signer.has_value());
    if (sealed || to.size() == 1 || sealed.error().code != Errc::invalid) return sealed;
    return find_culprit(desk, to, sealed.error());
  }

  Result<void> add_signer(Desk& desk, const OpenpgpSigner& signer) const {
    auto found = desk.signers.find(signer.fingerprint);
    if (found == desk.signers.end()) {
      auto loaded = import_signer(desk, signer);
      if (!loaded) return fail(loaded.error());
      found = desk.signers.emplace(signer.fingerprint, *std::move(loaded)).first;
    }
    if (auto holds = check_not_expired(signer, found->second.until, clock_.now()); !holds) return holds;
    const gpgme_error_t why = gpgme_signers_add(desk.context.get(), found->second.key.get());
    if (why != 0) return failed(Errc::unavailable, signer_name(signer) + " cannot be used", why);
    return {};
  }

  static Result<Desk::Signer> import_signer(Desk& desk, const OpenpgpSigner& signer) {
    const auto read = read_signing_key(signer);
    if (!read) return fail(read.error());
    const Data data = read_data(signer.key.text());
    if (const gpgme_error_t why = gpgme_op_import(desk.context.get(), data.get()); why != 0)
      return failed(Errc::unavailable, signer_name(signer) + " cannot be given to GnuPG", why);
    gpgme_key_t key = nullptr;
    if (const gpgme_error_t why = gpgme_get_key(desk.context.get(), signer.fingerprint.c_str(), &key, 1); why != 0)
      return failed(Errc::unavailable, signer_name(signer) + " was not taken by GnuPG", why);
    return Desk::Signer{sha256(signer.key.text()), GpgKey(key), read->until};
  }

  static Result<std::string> encrypt(Desk& desk, std::string_view data, const std::vector<Recipient>& to, bool sign) {
    KeyFiles files(desk.home->folder());
    for (const Recipient& one : to) {
      if (!files.add(one.bytes)) return fail(Errc::unavailable, "cannot write into " + desk.home->folder().native());
    }
    const Data plain = read_data(data);
    Data cipher = write_data();
    const auto flags = static_cast<gpgme_encrypt_flags_t>(GPGME_ENCRYPT_ALWAYS_TRUST | GPGME_ENCRYPT_NO_ENCRYPT_TO |
                                                          GPGME_ENCRYPT_NO_COMPRESS);
    const gpgme_error_t why = sign ? gpgme_op_encrypt_sign_ext(desk.context.get(), nullptr, files.list().c_str(), flags,
                                                               plain.get(), cipher.get())
                                   : gpgme_op_encrypt_ext(desk.context.get(), nullptr, files.list().c_str(), flags,
                                                          plain.get(), cipher.get());
    if (auto judged = judge(desk, why, sign, to); !judged) return fail(judged.error());
    std::size_t size = 0;
    char* const bytes = gpgme_data_release_and_get_mem(cipher.release(), &size);
    const std::unique_ptr<char, Frees<gpgme_free>> owner(bytes);
    const std::string_view armoured(bytes, bytes == nullptr ? 0 : size);
    if (!is_whole(armoured)) return fail(Errc::unavailable, "gpg ended before the message did");
    return mail::with_crlf(armoured);
  }

  /// Nothing but a signature by the one signer, and every recipient, is a success.
  static Result<void> judge(const Desk& desk, gpgme_error_t why, bool sign, const std::vector<Recipient>& to) {
    const gpgme_encrypt_result_t encrypted = gpgme_op_encrypt_result(desk.context.get());
    const bool no_key = gpgme_err_code(why) == GPG_ERR_UNUSABLE_PUBKEY || gpgme_err_code(why) == GPG_ERR_NO_PUBKEY;
    if (no_key || (encrypted != nullptr && encrypted->invalid_recipients != nullptr))
      return failed(Errc::invalid, "OpenPGP key " + to.front().fingerprint + " cannot be encrypted to", why);
    if (why != 0) return failed(Errc::unavailable, "GnuPG failed", why);
    if (!sign) return {};
    const gpgme_sign_result_t made = gpgme_op_sign_result(desk.context.get());
    const bool one = made != nullptr && made->invalid_signers == nullptr && made->signatures != nullptr &&
                     made->signatures->next == nullptr;
    if (!one) return fail(Errc::unavailable, "GnuPG did not sign");
    return {};
  }

  /// Which of several: each is tried alone, with nothing to hide.
  static Result<std::string> find_culprit(Desk& desk, const std::vector<Recipient>& to, const Error& error) {
    for (const Recipient& one : to) {
      auto alone = encrypt(desk, "", {one}, false);
      if (!alone && alone.error().code == Errc::invalid) return alone;
    }
    return fail(Errc::unavailable, "GnuPG failed", error.detail);
  }

  const Clock& clock_;
  GpgmeEngineOptions options_;
  Descriptor lock_;
  std::vector<Desk> desks_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Desk*> free_;
};

bool is_memory(const fs::path& folder) {
  constexpr long tmpfs = 0x01021994, ramfs = 0x858458f6;  // statfs(2)
  struct statfs about{};
  return ::statfs(folder.c_str(), &about) == 0 && (about.f_type == tmpfs || about.f_type == ramfs);
}

/// What a process that was killed has left: its agents first, or they would write on.
void sweep(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> homes;
  for (const fs::directory_entry& one : fs::directory_iterator(folder, ignored)) {
    if (one.path().filename().native().starts_with("home-")) homes.push_back(one.path());
  }
  for (const fs::path& home : homes) {
    kill_those_with(home);
    fs::remove_all(home, ignored);
  }
}

Result<Descriptor> take_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directory(folder, error);
  if (error || ::chmod(folder.c_str(), 0700) != 0)
    return fail(Errc::io, "cannot make the folder of GnuPG " + folder.native() + (error ? ": " + error.message() : ""));
  if (!is_memory(folder))
    return fail(Errc::denied, "the folder of GnuPG must be on tmpfs, since secret keys lie in it: " + folder.native());
  Descriptor lock(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Errc::denied, "the folder of GnuPG is used by another process: " + folder.native());
  sweep(folder);
  return lock;
}

}  // namespace

Result<std::unique_ptr<OpenpgpEngine>> make_gpgme_engine(const Clock& clock, GpgmeEngineOptions options) {
  initialise();
  auto lock = take_folder(options.folder);
  if (!lock) return fail(lock.error());
  return std::make_unique<GpgmeEngine>(clock, std::move(options), *std::move(lock));
}

}  // namespace postern::crypto
