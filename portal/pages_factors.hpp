// The second step, and where its recipient sets it up. Pure, as all pages are (pages.hpp); two of these have a script,
// web/passkey.js, which only talks to the browser about passkeys. Without it everything else on them works.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "portal/pages.hpp"

namespace postern::portal {

/// What the script asks the browser for. Octets, as they are.
struct PasskeyCall {
  std::string rp;  // the host
  std::string challenge;
  std::vector<std::string> credentials;  // of these one has to sign; or: these are there already
  // Of a new one:
  std::string rp_name = {}, user = {}, user_id = {};
};

struct SecondStepPage {
  std::optional<Form> digits = {};  // where there is an app: its field `digits` is the recipient's to fill in
  struct Passkeys {
    PasskeyCall call;
    Form form;  // the script fills in `credential`, `client-data`, `authenticator-data` and `signature`
  };
  std::optional<Passkeys> passkeys = {};
  enum class Trouble { none, wrong_digits, wrong_passkey, too_many } trouble = Trouble::none;
  unsigned tries_left = 5;  // with `wrong_…`
};
/// After the password. It has a script where there are passkeys.
[[nodiscard]] std::string second_step_page(const Look& look, const SecondStepPage& page);

struct SignInPage {
  std::string address;
  Time password_since{};
  struct Factor {
    Time since{};
    Form remove;
  };
  std::optional<Factor> app = {};
  std::vector<Factor> passkeys = {};
  std::optional<Form> add_app = {}, add_passkey = {};  // nothing: there is no room for one
  Form change_password;
  std::string back_path;  // the message
};
/// "How you sign in".
[[nodiscard]] std::string sign_in_page(const Look& look, const SignInPage& page);

/// What is wrong with a change that takes the password.
enum class ChangeTrouble { none, wrong_password, too_many, refused };

struct ChangePasswordPage {
  std::string masked;
  unsigned shortest = 0;  // characters
  Form change;            // with the fields `password`, the present one, and `chosen` and `again`
  std::string back_path;
  ChangeTrouble trouble = ChangeTrouble::none;
  PasswordFault fault = PasswordFault::none;  // of the new one
};
[[nodiscard]] std::string change_password_page(const Look& look, const ChangePasswordPage& page);

struct AddAppPage {
  std::string masked;  // whose password it is, to whatever keeps passwords
  std::string uri;     // as apps read it
  std::string key;     // as people type it: base 32
  Form add;            // with the fields `digits` and `password`
  std::string back_path;
  ChangeTrouble trouble = ChangeTrouble::none;  // refused: the digits
};
[[nodiscard]] std::string add_app_page(const Look& look, const AddAppPage& page);

struct AddPasskeyPage {
  std::string masked;
  PasskeyCall call;
  Form add;  // with the field `password`; the script fills in `client-data` and `attestation`
  std::string back_path;
  ChangeTrouble trouble = ChangeTrouble::none;  // refused: the passkey
};
/// It has a script.
[[nodiscard]] std::string add_passkey_page(const Look& look, const AddPasskeyPage& page);

struct RemoveFactorPage {
  std::string masked;
  std::optional<Time> passkey_since = {};  // nothing: it is the app
  Form remove;                             // with the field `password`
  std::string back_path;
  ChangeTrouble trouble = ChangeTrouble::none;
};
[[nodiscard]] std::string remove_factor_page(const Look& look, const RemoveFactorPage& page);

/// /passkey.js
[[nodiscard]] std::string_view passkey_script();

}  // namespace postern::portal
