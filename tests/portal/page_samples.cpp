#include "page_samples.hpp"

#include "portal/pages_factors.hpp"

namespace postern::test {

using namespace portal;

namespace {

const Form sign_in{.action = "/m/4f1c/sign-in", .hidden = {{"token", "t-in"}}};
const Form choose_password{.action = "/m/4f1c/choose", .hidden = {{"token", "t-choose"}}};
const Form send_code{.action = "/m/4f1c/code", .hidden = {{"token", "t-send"}}};
const Form open_message{.action = "/m/4f1c/open", .hidden = {{"token", "t-open"}, {"try", "1"}}};
const Form unlock_message{.action = "/m/4f1c/unlock", .hidden = {{"token", "t-unlock"}}};
const Form second_step{.action = "/m/4f1c/second", .hidden = {{"token", "t-second"}}};
const Form change{.action = "/read/sign-in/change", .hidden = {{"token", "t-change"}}};
const Form end_session{.action = "/read/end", .hidden = {{"token", "t-end"}}};

MessageView bare_message() {
  MessageView message;
  message.from = {"", "results@clinic.example"};
  message.to = {{"", "bob@lab.example"}};
  return message;
}

/// What must neither break a line's width nor run out of its place.
MessageView awkward_message() {
  MessageView message = sample_message();
  message.subject = "Laboratoriumsuntersuchungsergebnismitteilungsformular_" + std::string(120, 'x') + " – \u202Eevil";
  message.from = {"مستشفى ريفرسايد", "ann@clinic.example"};
  message.reply_to = Correspondent{"", std::string(64, 'r') + "@clinic.example"};
  for (int i = 0; i < 12; ++i)
    message.cc.push_back({"Ward " + std::to_string(i), "ward@clinic.example"});
  message.text = std::string(400, 'w') + "\n\tindented\n\n" + std::string(40, '=');
  message.attachments.push_back({.index = 9, .name = std::string(116, 'n') + ".pdf", .type = "application/pdf"});
  message.attachments.push_back({.index = 10, .name = "README", .type = "application/octet-stream", .size = 999});
  message.cut = true;
  return message;
}

Markup frame_body(const std::string& folder) {
  return "<p>Dear Mr Baker,</p><p>your results have come in, and we are pleased with them. Your <strong>iron</strong> "
         "has "
         "recovered well; please keep taking the tablets until we meet.</p>"
         "<table cellpadding=\"6\"><tr bgcolor=\"#e9f0f2\"><th align=\"left\">Value</th><th "
         "align=\"left\">Yours</th><th "
         "align=\"left\">Usual range</th></tr><tr><td>Haemoglobin</td><td>14.1 g/dl</td><td>13.5 – 17.5</td></tr>"
         "<tr><td>Ferritin</td><td>86 µg/l</td><td>30 – 300</td></tr>"
         "<tr><td>Vitamin B12</td><td>412 pg/ml</td><td>200 – 900</td></tr></table><br>"
         "<p>Shall we talk about it on <a href=\"https://clinic.example/visit\" rel=\"noopener noreferrer nofollow\" "
         "target=\"_blank\">Thursday, 3 December</a>?</p><p>Kind regards<br>Dr Ann Ward</p>"
         "<p><img src=\""_html +
         escape(folder) + "/image.svg\" alt=\"Riverside Clinic\" width=\"32\"></p>"_html;
}

PasskeyCall sample_call() {
  return {.rp = "secure.clinic.example",
          .challenge = std::string(32, 'c'),
          .credentials = {std::string(16, '\1'), std::string(64, '\2')},
          .rp_name = "Riverside Clinic",
          .user = "bob@lab.example",
          .user_id = std::string(32, 'u')};
}

void add_second_steps(std::vector<PageSample>& all, const Look& look) {
  using Trouble = SecondStepPage::Trouble;
  const SecondStepPage::Passkeys passkeys{sample_call(), second_step};
  const auto add = [&](std::string name, SecondStepPage page) {
    page.tries_left = 3;
    all.push_back({std::move(name), second_step_page(look, page)});
  };
  add("second-step", {.digits = second_step, .passkeys = passkeys});
  add("second-step-app", {.digits = second_step});
  add("second-step-passkey", {.passkeys = passkeys});
  add("second-step-wrong", {.digits = second_step, .passkeys = passkeys, .trouble = Trouble::wrong_digits});
  add("second-step-wrong-passkey", {.passkeys = passkeys, .trouble = Trouble::wrong_passkey});
  add("second-step-too-many", {.digits = second_step, .trouble = Trouble::too_many});
}

void add_changes(std::vector<PageSample>& all, const Look& look, const std::string& folder) {
  const Time since = sample_time();
  const std::string back = folder + "/sign-in.html";
  SignInPage sign_in{.address = "bob@lab.example",
                     .password_since = since,
                     .add_app = change,
                     .add_passkey = change,
                     .change_password = change,
                     .back_path = folder + "/message-html.html"};
  all.push_back({"sign-in-none", sign_in_page(look, sign_in)});
  sign_in.app = {since, change};
  sign_in.passkeys = {{since, change}, {since + std::chrono::days(3), change}};
  sign_in.add_app.reset();
  all.push_back({"sign-in", sign_in_page(look, sign_in)});
  ChangePasswordPage password{
      .masked = "b…@lab.example", .shortest = shortest_password, .change = change, .back_path = back};
  all.push_back({"change-password", change_password_page(look, password)});
  password.fault = PasswordFault::differs;
  all.push_back({"change-password-differs", change_password_page(look, password)});
  password.fault = PasswordFault::none;
  password.trouble = ChangeTrouble::wrong_password;
  all.push_back({"change-password-wrong", change_password_page(look, password)});

  AddAppPage app{.masked = "bob@lab.example",
                 .uri =
                     "otpauth://totp/Riverside%20Clinic:bob%40lab.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                     "&issuer=Riverside%20Clinic",
                 .key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
                 .add = change,
                 .back_path = back};
  AddPasskeyPage passkey{.masked = "bob@lab.example", .call = sample_call(), .add = change, .back_path = back};
  RemoveFactorPage remove{.masked = "bob@lab.example", .remove = change, .back_path = back};
  all.push_back({"add-app", add_app_page(look, app)});
  app.trouble = ChangeTrouble::refused;
  all.push_back({"add-app-refused", add_app_page(look, app)});
  all.push_back({"add-passkey", add_passkey_page(look, passkey)});
  passkey.trouble = ChangeTrouble::refused;
  all.push_back({"add-passkey-refused", add_passkey_page(look, passkey)});
  all.push_back({"remove-app", remove_factor_page(look, remove)});
  remove.passkey_since = since;
  remove.trouble = ChangeTrouble::wrong_password;
  all.push_back({"remove-passkey-wrong-password", remove_factor_page(look, remove)});
}

}  // namespace

Time sample_time() {
  using namespace std::chrono;
  return Time(sys_days(2026y / November / 28) + 17h + 36min + 21s);
}

std::string language_code(Language language) {
  switch (language) {
    case Language::en: return "en";
    case Language::de: return "de";
    case Language::fr: return "fr";
    case Language::es: return "es";
  }
  return {};
}

Brand clinic() {
  return {.name = "Riverside Clinic",
          .colour = "#0b5c6b",
          .style = "/brand/clinic.css",
          .logo = "/brand/clinic.svg",
          .help = "555 0100"};
}

MessageView sample_message() {
  MessageView message;
  message.subject = "Your laboratory results";
  message.from = {"Dr Ann Ward", "ann.ward@clinic.example"};
  message.to = {{"Bob Baker", "bob@lab.example"}};
  message.cc = {{"Practice Hill Street", "office@hillstreet.example"}};
  message.date = sample_time();
  message.text =
      "Dear Mr Baker,\n\nyour results have come in, and we are pleased with them. Your iron has recovered well; please "
      "keep taking the tablets until we meet.\n\n    Haemoglobin    14.1 g/dl    (13.5 – 17.5)\n    Ferritin       86 "
      "µg/l      (30 – 300)\n    Vitamin B12    412 pg/ml    (200 – 900)\n\nShall we talk about it on Thursday, 3 "
      "December?\n\nKind regards\nDr Ann Ward\n";
  message.html = "<p>…</p>";
  message.attachments = {{.index = 2, .name = "Results 2026-11-28.pdf", .type = "application/pdf", .size = 248'312},
                         {.index = 3, .name = "Iron over three years.png", .type = "image/png", .size = 1'482'000}};
  return message;
}

MessagePage page_of(const MessageView& message, const std::string& folder) {
  return {.message = message,
          .until = sample_time() + std::chrono::days(30),
          .blocked = 2,
          .html_frame = folder + "/frame.html",
          .as_text_path = folder + "/message-as-text.html",
          .as_html_path = folder + "/message-html.html",
          .attachment_path = folder + "/part",
          .original_path = folder + "/original.eml",
          .print_path = folder + "/print.html",
          .reply_path = folder + "/reply",
          .reply_all_path = folder + "/reply-all",
          .sign_in_path = folder + "/sign-in.html",
          .end = end_session};
}

std::vector<PageSample> page_samples(const Look& look) {
  std::vector<PageSample> all;
  const std::string folder = "/" + language_code(look.language);
  const std::string masked = "b…@lab.example";

  all.push_back(
      {"wait",
       wait_page(look, {.recipient = masked, .until = sample_time() + std::chrono::days(30), .send_code = send_code})});
  using Trouble = CodePage::Trouble;
  const auto code = [&](std::string name, Trouble trouble) {
    all.push_back({std::move(name), code_page(look, {.recipient = masked,
                                                     .open = open_message,
                                                     .send_again = send_code,
                                                     .trouble = trouble,
                                                     .tries_left = 3,
                                                     .wait_seconds = 40})});
  };
  code("code", Trouble::none);
  code("code-wrong", Trouble::wrong);
  code("code-expired", Trouble::expired);
  code("code-too-many", Trouble::too_many);
  code("code-wait", Trouble::wait);

  const auto passphrase = [&](std::string name, PassphrasePage::Trouble trouble) {
    all.push_back({std::move(name), passphrase_page(look, {.recipient = masked,
                                                           .until = sample_time() + std::chrono::days(30),
                                                           .open = unlock_message,
                                                           .trouble = trouble})});
  };
  passphrase("passphrase", PassphrasePage::Trouble::none);
  passphrase("passphrase-wrong", PassphrasePage::Trouble::wrong);
  passphrase("passphrase-too-many", PassphrasePage::Trouble::too_many);

  const auto password = [&](std::string name, PasswordPage::Trouble trouble) {
    all.push_back({std::move(name), password_page(look, {.recipient = masked,
                                                         .until = sample_time() + std::chrono::days(30),
                                                         .open = sign_in,
                                                         .send_code = send_code,
                                                         .trouble = trouble})});
  };
  all.push_back({"wait-password", wait_page(look, {.recipient = masked,
                                                   .until = sample_time() + std::chrono::days(30),
                                                   .send_code = send_code,
                                                   .then_password = true})});
  all.push_back(
      {"code-password",
       code_page(look, {.then_password = true, .recipient = masked, .open = open_message, .send_again = send_code})});
  password("password", PasswordPage::Trouble::none);
  password("password-wrong", PasswordPage::Trouble::wrong);
  password("password-too-many", PasswordPage::Trouble::too_many);
  const auto choose = [&](std::string name, bool anew, PasswordFault fault) {
    all.push_back({std::move(name), choose_page(look, {.recipient = "bob@lab.example",
                                                       .masked = masked,
                                                       .shortest = shortest_password,
                                                       .anew = anew,
                                                       .choose = choose_password,
                                                       .fault = fault})});
  };
  choose("choose", false, PasswordFault::none);
  choose("choose-anew", true, PasswordFault::none);
  choose("choose-short", false, PasswordFault::too_short);
  choose("choose-long", false, PasswordFault::too_long);
  choose("choose-easy", false, PasswordFault::easy);
  choose("choose-differs", true, PasswordFault::differs);
  all.push_back({"outdated", outdated_page(look)});

  const MessageView message = sample_message(), bare = bare_message(), awkward = awkward_message();
  MessagePage page = page_of(message, folder);
  all.push_back({"message-html", message_page(look, page)});
  page.as_text = true;
  all.push_back({"message-as-text", message_page(look, page)});
  all.push_back({"print", print_page(look, page)});
  all.push_back({"frame", frame_page(look.language, frame_body(folder))});

  MessagePage of_bare = page_of(bare, folder);
  of_bare.html_frame.clear();
  of_bare.reply_path.reset();
  of_bare.reply_all_path.reset();
  all.push_back({"message-bare", message_page(look, of_bare)});
  MessagePage of_awkward = page_of(awkward, folder);
  of_awkward.as_text = true;
  all.push_back({"message-awkward", message_page(look, of_awkward)});
  all.push_back({"print-awkward", print_page(look, of_awkward)});

  ReplyPage reply = {.to = {message.from, {"", "carol@clinic.example"}},
                     .subject = "Re: " + message.subject,
                     .largest = 25'000'000,
                     .send = {folder + "/reply", {{"all", "1"}}, true},
                     .back_path = folder + "/message-html.html",
                     .awake_path = folder + "/awake.html"};
  all.push_back({"reply", reply_page(look, reply)});
  reply.trouble = ReplyPage::Trouble::empty;
  all.push_back({"reply-empty", reply_page(look, reply)});
  reply.text = "Thank you,\n  Thursday suits me.";
  reply.trouble = ReplyPage::Trouble::busy;
  all.push_back({"reply-busy", reply_page(look, reply)});
  reply.trouble = ReplyPage::Trouble::too_often;
  all.push_back({"reply-too-often", reply_page(look, reply)});
  all.push_back({"awake", awake_page(look.language)});
  all.push_back({"sent", sent_page(look, {folder + "/message-html.html"})});

  add_second_steps(all, look);
  add_changes(all, look, folder);

  const std::pair<std::string, Lost> lost[] = {{"no-message", Lost::no_message},
                                               {"session-over", Lost::session_over},
                                               {"ended", Lost::ended},
                                               {"too-many", Lost::too_many},
                                               {"bad-request", Lost::bad_request},
                                               {"not-found", Lost::not_found},
                                               {"too-large", Lost::too_large},
                                               {"trouble", Lost::trouble}};
  for (const auto& [name, why] : lost)
    all.push_back({"lost-" + name, lost_page(look, why)});
  return all;
}

}  // namespace postern::test
