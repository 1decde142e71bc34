// Every page that a recipient can see, from what is to be shown on it. Pure: no request, no session, no store.
//
//   std::string html = wait_page(look, {…});       // a whole document, ready to be sent as text/html; charset=utf-8
//
// No page has a script or a style of its own in it (Content-Security-Policy: script-src 'none'; style-src 'self'); all
// work without JavaScript, but for passkeys (pages_factors.hpp). Styles are one file, `style_sheet()`, under
// /style.css, and a tenant's colour, `brand_style()`, under the path that its Brand names. No title says what a message
// is about: browsers keep titles. WCAG 2.2 AA.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "portal/brand.hpp"
#include "portal/markup.hpp"
#include "portal/message_view.hpp"
#include "portal/password.hpp"

namespace postern::portal {

enum class Language { en, de, fr, es };

struct Look {
  Brand brand;
  Language language = Language::en;
};

/// A form posts to a path of this server and carries these hidden fields.
struct Form {
  std::string action;                                       // "/m/<id>/code"
  std::vector<std::pair<std::string, std::string>> hidden;  // name and value
  bool uploads = false;                                     // files go with it
};

// The way in

struct WaitPage {
  std::string recipient;  // masked: "b…@lab.example"
  Time until{};           // the day it expires
  Form send_code;
  bool then_password = false;
};
/// Behind the link: a message waits; one button sends a code to the address that the notice went to.
[[nodiscard]] std::string wait_page(const Look& look, const WaitPage& page);

struct CodePage {
  bool then_password = false;  // what comes after it is a password that is to be chosen
  std::string recipient;       // masked
  unsigned digits = 6;         // of a code; the field takes as many spaces too, as people type "123 456"
  Form open;                   // its field `code` is the recipient's to fill in; not shown where no code can be right
  Form send_again;
  enum class Trouble { none, wrong, expired, too_many, wait } trouble = Trouble::none;
  unsigned tries_left = 5;    // with `wrong`
  unsigned wait_seconds = 0;  // with `wait`: a new code only then
};
[[nodiscard]] std::string code_page(const Look& look, const CodePage& page);

struct PassphrasePage {
  std::string recipient;  // masked
  Time until{};
  Form open;  // its field `passphrase` is the recipient's to fill in
  enum class Trouble { none, wrong, too_many } trouble = Trouble::none;
};
/// Behind the link of a message that takes the sender's passphrase.
[[nodiscard]] std::string passphrase_page(const Look& look, const PassphrasePage& page);

struct PasswordPage {
  std::string recipient;  // masked
  Time until{};
  Form open;       // its field `password` is the recipient's to fill in
  Form send_code;  // for another password
  enum class Trouble { none, wrong, too_many } trouble = Trouble::none;
};
/// Behind the link, where its recipient has a password.
[[nodiscard]] std::string password_page(const Look& look, const PasswordPage& page);

struct ChoosePage {
  std::string recipient;  // in full: they have shown that it is theirs
  std::string masked;
  unsigned shortest = 0;  // characters
  bool anew = false;      // in place of one that was forgotten
  Form choose;            // with the fields `password` and `again`
  PasswordFault fault = PasswordFault::none;
};
[[nodiscard]] std::string choose_page(const Look& look, const ChoosePage& page);
/// What was sealed for a password that is no more.
[[nodiscard]] std::string outdated_page(const Look& look);

// The message

struct MessagePage {
  const MessageView& message;
  Time until{};
  unsigned blocked = 0;         // remote content that is not shown
  std::string html_frame = {};  // path of the HTML body, shown in a sandboxed frame; empty: there is only text
  bool as_text = false;         // the reader wants text although there is HTML
  std::string as_text_path, as_html_path;  // the two views
  std::string attachment_path;             // + "/<index>"
  std::string original_path;               // download as .eml
  std::string print_path;
  std::optional<std::string> reply_path, reply_all_path;  // nothing: replies are off
  std::optional<std::string> sign_in_path = {};           // how one signs in; nothing: there is no password
  Form end;                                               // ends the session
};
[[nodiscard]] std::string message_page(const Look& look, const MessagePage& page);
/// The same without navigation, for paper; HTML bodies are shown as text.
[[nodiscard]] std::string print_page(const Look& look, const MessagePage& page);
/// What the sandboxed frame shows: `body` is safe_html's, and nothing else.
[[nodiscard]] std::string frame_page(Language language, const Markup& body);

// The answer

struct ReplyPage {
  std::vector<Correspondent> to;  // whom it reaches
  std::string subject;
  std::string text;           // as it was typed before
  std::uint64_t largest = 0;  // octets of what may be attached
  enum class Trouble { none, empty, busy, too_often } trouble = Trouble::none;
  Form send;               // with the fields `text` and `file`, which are the recipient's to fill in
  std::string back_path;   // the message
  std::string awake_path;  // keeps the session while somebody writes; empty: nothing does
};
[[nodiscard]] std::string reply_page(const Look& look, const ReplyPage& page);
/// The frame that reply_page keeps the session with; it is hidden.
[[nodiscard]] std::string awake_page(Language language);

struct SentPage {
  std::string back_path;
};
[[nodiscard]] std::string sent_page(const Look& look, const SentPage& page);

// The rest

enum class Lost {
  no_message,  // unknown, expired, recalled, wrong link: one page for all, so that it tells nothing
  session_over,
  ended,     // by the reader's own wish
  too_many,  // slow down
  bad_request,
  not_found,  // a path that is none of ours
  too_large,
  trouble,  // ours
};
[[nodiscard]] std::string lost_page(const Look& look, Lost why);

// What they need beside them

/// /style.css: for every page and every tenant.
[[nodiscard]] std::string_view style_sheet();
/// /icon.svg: in the browser's tab.
[[nodiscard]] std::string_view icon();
/// A style sheet with the tenant's colour, made readable on light and on dark: a shade at least 4.5:1 against the page.
/// A colour that is none is the default one.
[[nodiscard]] std::string brand_style(const Brand& brand);

}  // namespace postern::portal
