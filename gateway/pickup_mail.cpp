#include "gateway/pickup_mail.hpp"

#include <map>
#include <string_view>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "mail/header_text.hpp"
#include "portal/markup.hpp"

namespace postern::gateway {
namespace {

/// {0}: the tenant's name. {1}: who wrote, the code. {2}: until when.
struct Texts {
  std::string_view notice_subject, notice_lead, notice_until, notice_button, notice_hint, reminder_subject;
  std::string_view code_subject, code_lead, code_hint;
};

const std::map<std::string_view, Texts> texts = {
    {"en",
     {"A protected message from {0}", "{1} at {0} has sent you a protected message.", "You can read it until {2}.",
      "Read the message",
      "Press the button, and a code is sent to this address. You need no account and no password. Do not pass this "
      "mail "
      "on: it is meant for you alone.",
      "Reminder: a protected message from {0}", "Your code for the protected message from {0}", "Your code is {1}.",
      "Type it on the page that you have open. It is good for ten minutes. If you did not ask for it, you need do "
      "nothing: without the mail that has the link it opens nothing."}},
    {"de",
     {"Eine geschützte Nachricht von {0}", "{1} von {0} hat Ihnen eine geschützte Nachricht geschickt.",
      "Sie können sie bis zum {2} lesen.", "Nachricht lesen",
      "Wenn Sie den Knopf drücken, wird ein Code an diese Adresse geschickt. Sie brauchen kein Konto und kein "
      "Passwort. "
      "Bitte leiten Sie diese E-Mail nicht weiter: Sie ist nur für Sie bestimmt.",
      "Erinnerung: eine geschützte Nachricht von {0}", "Ihr Code für die geschützte Nachricht von {0}",
      "Ihr Code ist {1}.",
      "Geben Sie ihn auf der geöffneten Seite ein. Er gilt zehn Minuten. Wenn Sie ihn nicht angefordert haben, müssen "
      "Sie "
      "nichts tun: Ohne die E-Mail mit dem Link öffnet er nichts."}},
    {"fr",
     {"Un message protégé de {0}", "{1} ({0}) vous a envoyé un message protégé.", "Vous pouvez le lire jusqu’au {2}.",
      "Lire le message",
      "Appuyez sur le bouton : un code est envoyé à cette adresse. Il ne faut ni compte ni mot de passe. Ne transférez "
      "pas "
      "ce courriel : il n’est destiné qu’à vous.",
      "Rappel : un message protégé de {0}", "Votre code pour le message protégé de {0}", "Votre code est {1}.",
      "Saisissez-le sur la page ouverte. Il est valable dix minutes. Si vous ne l’avez pas demandé, vous n’avez rien à "
      "faire : sans le courriel qui contient le lien, il n’ouvre rien."}},
    {"es",
     {"Un mensaje protegido de {0}", "{1}, de {0}, le ha enviado un mensaje protegido.", "Puede leerlo hasta el {2}.",
      "Leer el mensaje",
      "Pulse el botón y se enviará un código a esta dirección. No necesita cuenta ni contraseña. No reenvíe este "
      "correo: "
      "es solo para usted.",
      "Recordatorio: un mensaje protegido de {0}", "Su código para el mensaje protegido de {0}", "Su código es {1}.",
      "Escríbalo en la página que tiene abierta. Es válido durante diez minutos. Si no lo ha pedido, no tiene que "
      "hacer "
      "nada: sin el correo que contiene el enlace no abre nada."}},
};

const Texts& texts_in(const std::string& language) {
  const auto found = texts.find(language);
  return found == texts.end() ? texts.at("en") : found->second;
}

std::string filled(std::string_view text, const std::string& name, const std::string& one = {},
                   const std::string& two = {}) {
  return fmt::format(fmt::runtime(text), name, one, two);
}

/// "2026-12-24": the one order of numbers that nobody reads in another way.
std::string day_of(Time time) {
  return format_rfc3339(time).substr(0, 10);
}

std::string base64_part(const std::string& type, const std::string& text) {
  constexpr std::size_t line = 76;  // RFC 2045 §6.8
  return "Content-Type: " + type + "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         format_base64_lines(text, line, "\r\n");
}

std::string message_of(const PickupMail& mail, const std::string& subject, const std::string& plain,
                       const std::string& html) {
  const std::string boundary = "=_postern_" + mail.message_id.substr(1, mail.message_id.find('@') - 1);
  return fmt::format(
      "From: {} <{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: {}\r\nAuto-Submitted: auto-generated\r\n"
      "Content-Language: {}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n"
      "--{}\r\n{}\r\n--{}\r\n{}\r\n--{}--\r\n",
      mail::format_display_name(mail.name), mail.from.str(), mail.to.str(), mail::format_header_text(subject),
      format_rfc5322(mail.date), mail.message_id, mail.language, boundary, boundary, base64_part("text/plain", plain),
      boundary, base64_part("text/html", html), boundary);
}

std::string html_frame(const std::string& language, const portal::Markup& content) {
  using portal::operator""_html;
  return ("<!doctype html><html lang=\""_html + portal::escape(language) +
          "\"><body style=\"margin:0;padding:24px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;"
          "font-size:16px;line-height:1.5;color:#1c2b33;background:#ffffff\"><div style=\"max-width:560px\">"_html +
          content + "</div></body></html>"_html)
      .str();
}

portal::Markup paragraph(const std::string& text) {
  using portal::operator""_html;
  return "<p>"_html + portal::escape(text) + "</p>"_html;
}

}  // namespace

std::string format_pickup_notice(const PickupMail& mail, const mail::Address& writer, const std::string& link,
                                 Time until, bool reminder) {
  using portal::operator""_html;
  const Texts& in = texts_in(mail.language);
  const std::string lead = filled(in.notice_lead, mail.name, writer.str()), hint = filled(in.notice_hint, mail.name);
  const std::string end = filled(in.notice_until, mail.name, "", day_of(until)),
                    button = filled(in.notice_button, mail.name);
  const std::string plain = lead + "\r\n" + end + "\r\n\r\n" + button + ":\r\n" + link + "\r\n\r\n" + hint + "\r\n";
  const portal::Markup html =
      paragraph(lead) + paragraph(end) + "<p style=\"margin:28px 0\"><a href=\""_html + portal::escape(link) +
      "\" style=\"display:inline-block;padding:12px 24px;border-radius:8px;background:#0b5c6b;color:#ffffff;"
      "text-decoration:none;font-weight:600\">"_html +
      portal::escape(button) + "</a></p>"_html + paragraph(hint);
  return message_of(mail, filled(reminder ? in.reminder_subject : in.notice_subject, mail.name), plain,
                    html_frame(mail.language, html));
}

std::string format_pickup_code(const PickupMail& mail, const std::string& code) {
  using portal::operator""_html;
  const Texts& in = texts_in(mail.language);
  const std::string lead = filled(in.code_lead, mail.name, code), hint = filled(in.code_hint, mail.name);
  const portal::Markup html =
      "<p style=\"font-size:20px\">"_html + portal::escape(lead) + "</p>"_html + paragraph(hint);
  return message_of(mail, filled(in.code_subject, mail.name), lead + "\r\n\r\n" + hint + "\r\n",
                    html_frame(mail.language, html));
}

}  // namespace postern::gateway
