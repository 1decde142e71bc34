#include "gateway/pickup_mail.hpp"

#include <map>
#include <string_view>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "mail/header_text.hpp"
#include "portal/markup.hpp"

namespace postern::gateway {
namespace {

/// {0}: the tenant's name. {1}: who wrote, the code, for whom a passphrase is. {2}: until when.
struct Texts {
  std::string_view notice_subject, notice_lead, notice_until, notice_button, notice_hint, reminder_subject;
  std::string_view code_subject, code_lead, code_hint;
  std::string_view notice_passphrase_hint;
  std::string_view passphrase_subject, passphrase_lead, passphrase_hint;
  std::string_view notice_password_hint, reset_subject, reset_lead, reset_hint;
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
      "nothing: without the mail that has the link it opens nothing.",
      "You need the passphrase that {1} tells you, for example by phone. You need no account. Do not pass this mail "
      "on: it is meant for you alone.",
      "The passphrase of your protected message",
      "Your message to {1} waits to be read in a browser. It opens with this passphrase:",
      "Tell it the recipient by phone or in person, not by mail: whoever has the passphrase and the mail with the link "
      "can read the message. Keep it until the message has been read. Without it nobody can open the message, and "
      "nobody else can tell it to the recipient.",
      "You need the password that you have chosen for protected messages from {0}. If you have none yet, a code is "
      "sent "
      "to this address, and you choose one. Do not pass this mail on: it is meant for you alone.",
      "Your new password for protected messages from {0}",
      "A new password was chosen for protected messages from {0} to this address.",
      "If that was you, there is nothing to do. If it was not, somebody else reads this mailbox: change the password "
      "of "
      "the mailbox, and tell {0}. What was waiting for you cannot be opened any more; its senders are asked to send it "
      "again."}},
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
      "nichts tun: Ohne die E-Mail mit dem Link öffnet er nichts.",
      "Sie brauchen die Passphrase, die Ihnen {1} nennt, zum Beispiel am Telefon. Sie brauchen kein Konto. Bitte "
      "leiten Sie diese E-Mail nicht weiter: Sie ist nur für Sie bestimmt.",
      "Die Passphrase Ihrer geschützten Nachricht",
      "Ihre Nachricht an {1} liegt zum Lesen im Browser bereit. Sie öffnet sich mit dieser Passphrase:",
      "Nennen Sie sie dem Empfänger am Telefon oder persönlich, nicht per E-Mail: Wer die Passphrase und die E-Mail "
      "mit dem Link hat, kann die Nachricht lesen. Bewahren Sie sie auf, bis die Nachricht gelesen ist. Ohne sie kann "
      "niemand die Nachricht öffnen, und niemand sonst kann sie dem Empfänger nennen.",
      "Sie brauchen das Passwort, das Sie für geschützte Nachrichten von {0} gewählt haben. Wenn Sie noch keines "
      "haben, "
      "wird ein Code an diese Adresse geschickt, und Sie wählen eines. Bitte leiten Sie diese E-Mail nicht weiter: Sie "
      "ist nur für Sie bestimmt.",
      "Ihr neues Passwort für geschützte Nachrichten von {0}",
      "Für geschützte Nachrichten von {0} an diese Adresse wurde ein neues Passwort gewählt.",
      "Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, liest jemand anders dieses Postfach: Ändern Sie das "
      "Passwort des Postfachs und sagen Sie {0} Bescheid. Was auf Sie wartete, lässt sich nicht mehr öffnen; die "
      "Absender werden gebeten, es noch einmal zu senden."}},
    {"fr",
     {"Un message protégé de {0}", "{1} ({0}) vous a envoyé un message protégé.", "Vous pouvez le lire jusqu’au {2}.",
      "Lire le message",
      "Appuyez sur le bouton : un code est envoyé à cette adresse. Il ne faut ni compte ni mot de passe. Ne transférez "
      "pas "
      "ce courriel : il n’est destiné qu’à vous.",
      "Rappel : un message protégé de {0}", "Votre code pour le message protégé de {0}", "Votre code est {1}.",
      "Saisissez-le sur la page ouverte. Il est valable dix minutes. Si vous ne l’avez pas demandé, vous n’avez rien à "
      "faire : sans le courriel qui contient le lien, il n’ouvre rien.",
      "Il vous faut la phrase secrète que {1} vous communique, par exemple par téléphone. Il ne faut pas de compte. Ne "
      "transférez pas ce courriel : il n’est destiné qu’à vous.",
      "La phrase secrète de votre message protégé",
      "Votre message à {1} attend d’être lu dans un navigateur. Il s’ouvre avec cette phrase secrète :",
      "Communiquez-la au destinataire par téléphone ou de vive voix, pas par courriel : quiconque a la phrase secrète "
      "et le courriel avec le lien peut lire le message. Conservez-la jusqu’à ce qu’il soit lu. Sans elle, personne ne "
      "peut ouvrir le message, et personne d’autre ne peut la communiquer au destinataire.",
      "Il vous faut le mot de passe que vous avez choisi pour les messages protégés de {0}. Si vous n’en avez pas "
      "encore, "
      "un code est envoyé à cette adresse et vous en choisissez un. Ne transférez pas ce courriel : il n’est destiné "
      "qu’à vous.",
      "Votre nouveau mot de passe pour les messages protégés de {0}",
      "Un nouveau mot de passe a été choisi pour les messages protégés de {0} destinés à cette adresse.",
      "Si c’était vous, vous n’avez rien à faire. Sinon, quelqu’un d’autre lit cette boîte aux lettres : changez le "
      "mot "
      "de passe de la boîte et prévenez {0}. Ce qui vous attendait ne peut plus être ouvert ; les expéditeurs sont "
      "priés de le renvoyer."}},
    {"es",
     {"Un mensaje protegido de {0}", "{1}, de {0}, le ha enviado un mensaje protegido.", "Puede leerlo hasta el {2}.",
      "Leer el mensaje",
      "Pulse el botón y se enviará un código a esta dirección. No necesita cuenta ni contraseña. No reenvíe este "
      "correo: "
      "es solo para usted.",
      "Recordatorio: un mensaje protegido de {0}", "Su código para el mensaje protegido de {0}", "Su código es {1}.",
      "Escríbalo en la página que tiene abierta. Es válido durante diez minutos. Si no lo ha pedido, no tiene que "
      "hacer "
      "nada: sin el correo que contiene el enlace no abre nada.",
      "Necesita la frase de acceso que le dice {1}, por ejemplo por teléfono. No necesita cuenta. Por favor, no "
      "reenvíe este correo: es solo para usted.",
      "La frase de acceso de su mensaje protegido",
      "Su mensaje a {1} está a la espera de ser leído en un navegador. Se abre con esta frase de acceso:",
      "Dígasela al destinatario por teléfono o en persona, no por correo: quien tenga la frase y el correo con el "
      "enlace puede leer el mensaje. Consérvela hasta que se haya leído. Sin ella nadie puede abrir el mensaje, y "
      "nadie más puede decírsela al destinatario.",
      "Necesita la contraseña que eligió para los mensajes protegidos de {0}. Si aún no tiene ninguna, se envía un "
      "código "
      "a esta dirección y usted elige una. Por favor, no reenvíe este correo: es solo para usted.",
      "Su contraseña nueva para los mensajes protegidos de {0}",
      "Se ha elegido una contraseña nueva para los mensajes protegidos de {0} a esta dirección.",
      "Si fue usted, no tiene que hacer nada. Si no, otra persona lee este buzón: cambie la contraseña del buzón y "
      "avise a {0}. Lo que le esperaba ya no se puede abrir; se pide a los remitentes que lo envíen de nuevo."}},
};

const Texts& texts_in(const std::string& language) {
  const auto found = texts.find(language);
  return found == texts.end() ? texts.at("en") : found->second;
}

std::string filled(std::string_view text, const std::string& name, const std::string& one = {},
                   const std::string& two = {}) {
  return fmt::format(fmt::runtime(text), name, one, two);
}

std::string base64_part(const std::string& type, const std::string& text) {
  constexpr std::size_t line = 76;  // RFC 2045 §6.8
  return "Content-Type: " + type + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         format_base64_lines(text, line, "\r\n");
}

std::string unbracketed(const std::string& message_id) {
  return message_id.substr(1, message_id.size() - 2);
}

/// RFC 2392: it is named in the HTML by the Content-ID of its part.
std::string logo_id(const PickupMail& mail) {
  return "logo." + unbracketed(mail.message_id);
}

/// HTML, with what it shows (RFC 2387 §3.1).
std::string html_part(const PickupMail& mail, const std::string& html, const std::string& boundary) {
  const std::string words = base64_part("text/html; charset=utf-8", html);
  if (mail.logo.empty()) return words;
  return "Content-Type: multipart/related; type=\"text/html\"; boundary=\"" + boundary + "\"\r\n\r\n--" + boundary +
         "\r\n" + words + "\r\n--" + boundary + "\r\nContent-ID: <" + logo_id(mail) +
         ">\r\nContent-Disposition: inline; filename=\"logo.png\"\r\n" + base64_part("image/png", mail.logo) +
         "\r\n--" + boundary + "--\r\n";
}

/// `fields`: more of the header, each with its CRLF.
std::string message_of(const PickupMail& mail, const std::string& subject, const std::string& plain,
                       const std::string& html, const std::string& fields = {}) {
  const std::string boundary = "=_postern_" + mail.message_id.substr(1, mail.message_id.find('@') - 1);
  return fmt::format(
      "From: {} <{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: {}\r\n{}Auto-Submitted: auto-generated\r\n"
      "Content-Language: {}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n"
      "--{}\r\n{}\r\n--{}\r\n{}\r\n--{}--\r\n",
      mail::format_display_name(mail.name), mail.from.str(), mail.to.str(), mail::format_header_text(subject),
      format_rfc5322(mail.date), mail.message_id, fields, mail.language, boundary, boundary,
      base64_part("text/plain; charset=utf-8", plain), boundary, html_part(mail, html, boundary + "_html"), boundary);
}

/// Of at most this height; Outlook believes the attribute alone.
portal::Markup logo_of(const PickupMail& mail) {
  using portal::operator""_html;
  if (mail.logo.empty()) return {};
  return "<p style=\"margin:0 0 24px\"><img src=\"cid:"_html + portal::escape(logo_id(mail)) + "\" alt=\""_html +
         portal::escape(mail.name) +
         "\" height=\"48\" style=\"display:block;height:48px;width:auto;max-width:100%;border:0\"></p>"_html;
}

std::string html_frame(const PickupMail& mail, const portal::Markup& content) {
  using portal::operator""_html;
  return ("<!doctype html><html lang=\""_html + portal::escape(mail.language) +
          "\"><body style=\"margin:0;padding:24px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;"
          "font-size:16px;line-height:1.5;color:#1c2b33;background:#ffffff\"><div style=\"max-width:560px\">"_html +
          logo_of(mail) + content + "</div></body></html>"_html)
      .str();
}

portal::Markup paragraph(const std::string& text) {
  using portal::operator""_html;
  return "<p>"_html + portal::escape(text) + "</p>"_html;
}

std::string_view hint_of(const Texts& in, spool::PickupProof proof) {
  switch (proof) {
    case spool::PickupProof::code: return in.notice_hint;
    case spool::PickupProof::passphrase: return in.notice_passphrase_hint;
    case spool::PickupProof::password: return in.notice_password_hint;
  }
  return in.notice_hint;
}

}  // namespace

std::string day_of(Time time) {
  return format_rfc3339(time).substr(0, 10);
}

std::string format_pickup_notice(const PickupMail& mail, const mail::Address& writer, const std::string& link,
                                 Time until, spool::PickupProof proof, bool reminder) {
  using portal::operator""_html;
  const Texts& in = texts_in(mail.language);
  const std::string lead = filled(in.notice_lead, mail.name, writer.str()),
                    hint = filled(hint_of(in, proof), mail.name, writer.str());
  const std::string end = filled(in.notice_until, mail.name, "", day_of(until)),
                    button = filled(in.notice_button, mail.name);
  const std::string plain = lead + "\r\n" + end + "\r\n\r\n" + button + ":\r\n" + link + "\r\n\r\n" + hint + "\r\n";
  const portal::Markup html =
      paragraph(lead) + paragraph(end) + "<p style=\"margin:28px 0\"><a href=\""_html + portal::escape(link) +
      "\" style=\"display:inline-block;padding:12px 24px;border-radius:8px;color:#ffffff;"
      "text-decoration:none;font-weight:600;background:"_html +
      portal::escape(mail.colour) + "\">"_html + portal::escape(button) + "</a></p>"_html + paragraph(hint);
  return message_of(mail, filled(reminder ? in.reminder_subject : in.notice_subject, mail.name), plain,
                    html_frame(mail, html));
}

std::string format_pickup_code(const PickupMail& mail, const std::string& code) {
  using portal::operator""_html;
  const Texts& in = texts_in(mail.language);
  const std::string lead = filled(in.code_lead, mail.name, code), hint = filled(in.code_hint, mail.name);
  const portal::Markup html =
      "<p style=\"font-size:20px\">"_html + portal::escape(lead) + "</p>"_html + paragraph(hint);
  return message_of(mail, filled(in.code_subject, mail.name), lead + "\r\n\r\n" + hint + "\r\n",
                    html_frame(mail, html));
}

std::string format_password_reset(const PickupMail& mail) {
  const Texts& in = texts_in(mail.language);
  const std::string lead = filled(in.reset_lead, mail.name), hint = filled(in.reset_hint, mail.name);
  return message_of(mail, filled(in.reset_subject, mail.name), lead + "\r\n\r\n" + hint + "\r\n",
                    html_frame(mail, paragraph(lead) + paragraph(hint)));
}

std::string format_passphrase_mail(const PickupMail& mail, const std::string& about,
                                   const std::vector<mail::Address>& recipients, const Secret& passphrase) {
  using portal::operator""_html;
  const Texts& in = texts_in(mail.language);
  std::string whom;
  for (const mail::Address& recipient : recipients)
    whom += (whom.empty() ? "" : ", ") + recipient.str();
  const std::string lead = filled(in.passphrase_lead, mail.name, whom), hint = filled(in.passphrase_hint, mail.name);
  const std::string words(passphrase.text());
  const portal::Markup html = paragraph(lead) + "<p style=\"font-size:20px;font-weight:600\">"_html +
                              portal::escape(words) + "</p>"_html + paragraph(hint);
  const std::string thread = about.empty() ? "" : "In-Reply-To: " + about + "\r\nReferences: " + about + "\r\n";
  return message_of(mail, filled(in.passphrase_subject, mail.name),
                    lead + "\r\n\r\n    " + words + "\r\n\r\n" + hint + "\r\n", html_frame(mail, html), thread);
}

}  // namespace postern::gateway
