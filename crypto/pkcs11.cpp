#include "crypto/pkcs11.hpp"

#include <array>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <libp11.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/openssl.hpp"
#include "crypto/seal.hpp"

namespace postern::crypto {
namespace {

using SignContext = std::unique_ptr<EVP_MD_CTX, Frees<EVP_MD_CTX_free>>;

// CKR_… of PKCS #11 2.40, for which there is no header that everybody has.
constexpr int pin_incorrect = 0xA0, pin_locked = 0xA4;

/// What the token itself said last; nothing where it was asked nothing.
std::optional<int> token_reason() {
  std::optional<int> reason;
  const unsigned long last = ERR_peek_last_error();
  if (last != 0 && ERR_GET_LIB(last) == ERR_get_CKR_code()) reason = ERR_GET_REASON(last);
  return reason;
}

/// A PIN in the form that libp11 takes, without a file's last line end, and wiped.
class PinText {
 public:
  explicit PinText(const Secret& pin) : text_(pin.text()) {
    while (text_.ends_with('\n') || text_.ends_with('\r'))
      text_.pop_back();
  }
  ~PinText() { OPENSSL_cleanse(text_.data(), text_.size()); }
  PinText(const PinText&) = delete;
  PinText& operator=(const PinText&) = delete;
  [[nodiscard]] const char* get() const { return text_.c_str(); }
  [[nodiscard]] std::string digest() const { return sha256(text_); }

 private:
  std::string text_;
};

/// A token's library, initialised, and its slots.
class Module {
 public:
  ~Module() {
    if (slots_ != nullptr) PKCS11_release_all_slots(context_, slots_, count_);
    if (loaded_) PKCS11_CTX_unload(context_);
    PKCS11_CTX_free(context_);
  }
  Module() : context_(PKCS11_CTX_new()) {
    if (context_ == nullptr) throw std::bad_alloc();
  }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  Result<void> open(const std::string& path) {
    const ErrorQueue errors;
    if (PKCS11_CTX_load(context_, path.c_str()) != 0)
      return errors.fail(Errc::unavailable, "the PKCS#11 library " + path + " cannot be used");
    loaded_ = true;
    if (PKCS11_enumerate_slots(context_, &slots_, &count_) != 0)
      return errors.fail(Errc::unavailable, "the PKCS#11 library " + path + " has no slots");
    return {};
  }

  /// The EVP_PKEY is the caller's.
  Result<EVP_PKEY*> find(const Pkcs11Key& wanted, const Secret& pin) {
    PKCS11_SLOT* slot = find_slot(wanted);
    if (slot == nullptr)
      return fail(Errc::unavailable, "there is no PKCS#11 token '" + wanted.token + wanted.serial + "' now");
    if (auto opened = log_in(*slot, pin); !opened) return fail(opened.error());
    const ErrorQueue errors;
    PKCS11_KEY* keys = nullptr;
    unsigned count = 0;
    if (PKCS11_enumerate_keys(slot->token, &keys, &count) != 0)
      return errors.fail(Errc::unavailable, "the PKCS#11 token does not list its keys");
    for (unsigned i = 0; i < count; ++i) {
      if (!is_meant(keys[i], wanted)) continue;
      if (EVP_PKEY* key = PKCS11_get_private_key(&keys[i])) return key;
      return errors.fail(Errc::unavailable, "the PKCS#11 token does not give access to its key");
    }
    return errors.fail(Errc::not_found, "the PKCS#11 token has no private key of that label and id");
  }

 private:
  static bool is_meant(const PKCS11_KEY& key, const Pkcs11Key& wanted) {
    const std::string_view id(reinterpret_cast<const char*>(key.id), key.id_len);
    return (wanted.label.empty() || (key.label != nullptr && wanted.label == key.label)) &&
           (wanted.id.empty() || wanted.id == id);
  }

  PKCS11_SLOT* find_slot(const Pkcs11Key& wanted) {
    const ErrorQueue errors;
    for (unsigned i = 0; i < count_; ++i) {
      const PKCS11_TOKEN* token = slots_[i].token;
      if (token == nullptr || !token->initialized) continue;
      if ((wanted.token.empty() || wanted.token == token->label) &&
          (wanted.serial.empty() || wanted.serial == token->serialnr))
        return &slots_[i];
    }
    return nullptr;
  }

  /// With one PIN for all: the token would take any once it is open.
  Result<void> log_in(PKCS11_SLOT& slot, const Secret& pin) {
    if (pin.empty()) return {};
    const PinText text(pin);
    const std::string serial = slot.token->serialnr, digest = text.digest();
    if (const auto open = opened_.find(serial); open != opened_.end()) {
      if (open->second == digest) return {};
      return fail(Errc::denied, "another PIN than the one that the PKCS#11 token was opened with");
    }
    if (refused_[serial] == digest)
      return fail(Errc::denied,
                  "the PKCS#11 token has refused this PIN before; it is not tried again until it changes");
    const ErrorQueue errors;
    if (PKCS11_login(&slot, 0, text.get()) == 0) {
      opened_[serial] = digest;
      return {};
    }
    const auto reason = token_reason();
    if (!reason || *reason < pin_incorrect || *reason > pin_locked)
      return errors.fail(Errc::unavailable, "the PKCS#11 token does not let us in now");
    refused_[serial] = digest;
    return errors.fail(Errc::denied, *reason == pin_locked ? "the PKCS#11 token is locked: too many wrong PINs"
                                                           : "the PKCS#11 token refuses the PIN");
  }

  PKCS11_CTX* context_;
  bool loaded_ = false;
  PKCS11_SLOT* slots_ = nullptr;
  unsigned count_ = 0;
  std::map<std::string, std::string> opened_, refused_;  // by serial number: digest of the PIN
};

/// A module is initialised once in a process, whoever asks: hence one place that knows which are.
class Modules {
 public:
  Result<PrivateKey> open(const Pkcs11Key& wanted, const Secret& pin) {
    std::unique_lock lock(mutex_, patience);
    if (!lock) return fail(Errc::unavailable, "a PKCS#11 token has not answered others for a while");
    for (bool again = true;; again = false) {
      auto key = open_once(wanted, pin);
      if (key || key.error().code != Errc::unavailable) return key;
      Entry& entry = entries_[wanted.module];
      entry.kept.reset();  // what has failed may be of the module's own state: a new one knows better
      if (!again || !entry.used.expired()) return key;
    }
  }

 private:
  static constexpr std::chrono::seconds patience{10};
  struct Entry {
    std::shared_ptr<Module> kept;
    std::weak_ptr<Module> used;
  };

  Result<std::shared_ptr<Module>> module(const std::string& path) {
    Entry& entry = entries_[path];
    if (entry.kept) return entry.kept;
    if (!entry.used.expired())  // its end would close the new one too
      return fail(Errc::unavailable, "the PKCS#11 token has failed, and keys of it are still in use");
    auto made = std::make_shared<Module>();
    if (auto opened = made->open(path); !opened) return fail(opened.error());
    entry = {made, made};
    return made;
  }

  Result<PrivateKey> open_once(const Pkcs11Key& wanted, const Secret& pin) {
    auto from = module(wanted.module);
    if (!from) return fail(from.error());
    auto found = (*from)->find(wanted, pin);
    if (!found) return fail(found.error());
    PrivateKey key(std::shared_ptr<EVP_PKEY>(*found, [kept = *from](EVP_PKEY* one) { EVP_PKEY_free(one); }));
    if (auto proved = prove(key); !proved) return fail(proved.error());
    return key;
  }

  static Result<void> prove(const PrivateKey& key) {
    const ErrorQueue errors;
    const SignContext context(EVP_MD_CTX_new());
    const std::array<unsigned char, 8> text{'p', 'o', 's', 't', 'e', 'r', 'n', '?'};
    std::array<unsigned char, 1024> signature{};
    std::size_t length = signature.size();
    if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
        EVP_DigestSign(context.get(), signature.data(), &length, text.data(), text.size()) == 1)
      return {};
    return errors.fail(Errc::unavailable, "the PKCS#11 token does not sign now");
  }

  std::timed_mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace

Result<PrivateKey> open_pkcs11(const Pkcs11Key& key, const Secret& pin) {
  static Modules& modules = *new Modules;  // never ends: keys may outlive what ends at exit
  return modules.open(key, pin);
}

}  // namespace postern::crypto
