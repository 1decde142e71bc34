// What a browser asks of the portal, as one of a few actions. Pure. What is none of them is Unknown, and no part of a
// path or form is believed before it was checked here.
//
//   GET  /m/<lookup>/<link>                     Land      a scanner may do this as often as it likes
//   POST /m/<lookup>/code    link               SendCode
//   POST /m/<lookup>/open    link, code         Enter
//   POST /m/<lookup>/unlock  link, passphrase   Unlock
//   POST /m/<lookup>/sign-in link, password     SignIn
//   POST /m/<lookup>/choose  link, ticket, password, again                                                     Choose
//   POST /m/<lookup>/second  link, ticket, digits; or what a passkey says                                      Second
//   GET  /read, /read/text, /read/html, /read/print, /read/original, /read/attachment/<n>, /read/image/<n>       Read
//   GET  /read/reply, /read/reply-all           Write
//   POST /read/reply         text, files, all   SendReply  multipart/form-data
//   GET  /read/sent                             Sent
//   GET  /read/sign-in                          ShowSignIn
//   POST /read/sign-in/<what>                   Change     new-app, new-passkey, ask-remove, ask-password; then
//                                                          add-app, add-passkey, remove, password
//   GET  /read/awake/<n>                        Awake      asked by the page on which somebody writes
//   POST /end                                   End
//   GET  /style.css, /icon.svg, /passkey.js, /robots.txt, /brand/<tenant>.css, /brand/<tenant>/logo Asset
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>

#include "base/secret.hpp"
#include "crypto/webauthn.hpp"
#include "net/http_server.hpp"
#include "portal/pages.hpp"

namespace postern::portal {

/// What a link says.
struct Link {
  std::string lookup;
  Secret secret;
};

struct Land {
  Link link;
};
struct SendCode {
  Link link;
};
struct Enter {
  Link link;
  std::string code;  // as typed
};
struct Unlock {
  Link link;
  std::string passphrase;  // as typed
};
struct SignIn {
  Link link;
  std::string password;  // as typed
};
struct Choose {
  Link link;
  std::string ticket, password, again;
};
struct Second {
  Link link;
  std::string ticket;
  std::optional<std::string> digits;  // nothing: a passkey
  std::string credential = {};        // its identifier
  crypto::Assertion assertion = {};
};
struct Read {
  enum class What { message, as_text, html, print, original, attachment, image } what = What::message;
  std::size_t index = 0;  // of an attachment or image
};
struct Write {
  bool to_all = false;
};
struct SendReply {};  // what it says is in the body: reply_desk.hpp
struct Sent {};
struct ShowSignIn {};
/// Of the second step.
struct Change {
  enum class What {
    new_app,
    new_passkey,
    ask_remove,
    ask_password,
    add_app,
    add_passkey,
    remove,
    password
  } what = What::new_app;
  std::string ticket = {}, password = {}, digits = {};
  std::string chosen = {}, again = {};  // another password, twice
  crypto::Registration registration = {};
  std::optional<std::string> passkey = {};  // which is to be removed; nothing: the app
};
struct Awake {
  std::size_t turn = 0;
};
struct End {};
struct Asset {
  enum class What { style, icon, passkey_script, robots, brand_style, logo } what = What::style;
  std::string tenant;
};
struct Unknown {
  Lost why = Lost::not_found;
};
using Action = std::variant<Land, SendCode, Enter, Unlock, SignIn, Choose, Second, Read, Write, SendReply, Sent,
                            ShowSignIn, Change, Awake, End, Asset, Unknown>;

[[nodiscard]] Action action_of(const net::HttpCall& call);

inline constexpr std::size_t longest_form = 4096;  // octets, without files
inline constexpr std::string_view reply_path = "/read/reply", sign_in_path = "/read/sign-in";

/// Is it one that takes long and much memory (Unlock, SignIn, Choose, some of Change)?
[[nodiscard]] bool is_costly(const net::HttpCall& call);

/// The session's token, "" where there is none.
[[nodiscard]] std::string session_of(const net::HttpCall& call);

/// Did a page of another site send this POST (Sec-Fetch-Site, else Origin)? `host` is ours.
[[nodiscard]] bool is_foreign(const net::HttpCall& call, const std::string& host);

/// The first of ours in Accept-Language, else English.
[[nodiscard]] Language preferred_language(std::string_view accept_language);
[[nodiscard]] Language parse_language(std::string_view tag);  // "de-AT"; else English

}  // namespace postern::portal
