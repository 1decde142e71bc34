#include "portal/texts.hpp"

namespace postern::portal {

const Texts german = {
    .language = "de",
    .skip = "Zum Inhalt springen",
    .help = "Brauchen Sie Hilfe?",
    .service = "Geschützte Nachrichten von {}",
    .service_alone = "Geschützte Nachrichten",
    .error = "Fehler:",

    .wait_title = "Eine geschützte Nachricht wartet auf Sie",
    .wait_sender = "{} hat sie an {} geschickt.",
    .wait_steps = "So lesen Sie sie",
    .step_send = "Wir schicken einen Code an Ihr Postfach.",
    .step_type = "Sie geben ihn auf der nächsten Seite ein.",
    .step_read = "Ihre Nachricht öffnet sich.",
    .send_code = "Code anfordern",
    .wait_until = "Sie können sie bis zum {} lesen.",
    .no_account = "Sie brauchen kein Konto und kein Passwort.",

    .code_title = "Geben Sie Ihren Code ein",
    .code_sent = "Wir haben ihn an {} geschickt. Es kann eine Minute dauern, bis er ankommt.",
    .code_label = "Code aus der E-Mail",
    .code_hint = {.one = "{} Ziffer", .many = "{} Ziffern"},
    .open = "Nachricht öffnen",
    .none_came = "Kein Code in Ihrem Postfach?",
    .none_came_hint = "Sehen Sie auch im Spam-Ordner nach. Ein neuer Code ersetzt den alten.",
    .send_again = "Neuen Code anfordern",
    .wrong = {.one = "Dieser Code stimmt nicht. Sie haben noch {} Versuch.",
              .many = "Dieser Code stimmt nicht. Sie haben noch {} Versuche."},
    .expired = "Dieser Code gilt nicht mehr. Fordern Sie einen neuen an.",
    .too_many = "Es gab zu viele falsche Eingaben, deshalb gilt dieser Code nicht mehr. Fordern Sie einen neuen an.",
    .wait = {.one = "Ein Code ist schon unterwegs. In {} Sekunde können Sie einen weiteren anfordern.",
             .many = "Ein Code ist schon unterwegs. In {} Sekunden können Sie einen weiteren anfordern."},

    .passphrase_label = "Passphrase",
    .passphrase_hint =
        "Vier Wörter, die Ihnen der Absender nennt, zum Beispiel am Telefon. Großschreibung, Leerzeichen und "
        "Bindestriche spielen keine Rolle.",
    .passphrase_wrong = "Diese Passphrase stimmt nicht. Prüfen Sie jedes Wort, und versuchen Sie es noch einmal.",
    .passphrase_too_many =
        "Es gab zu viele falsche Eingaben. Warten Sie einige Minuten, und versuchen Sie es dann noch einmal.",
    .passphrase_unknown = "Sie kennen die Passphrase nicht?",
    .passphrase_unknown_hint =
        "Fragen Sie, wer die Nachricht geschrieben hat: Die Adresse steht in der E-Mail mit dem Link. Wir kennen die "
        "Passphrase nicht und können sie Ihnen nicht schicken.",

    .password_first = "Danach wählen Sie ein Passwort. Es öffnet diese und spätere Nachrichten von hier.",
    .password_label = "Ihr Passwort",
    .password_hint = "Das Passwort, das Sie für geschützte Nachrichten von hier gewählt haben.",
    .password_wrong = "Dieses Passwort stimmt nicht. Bitte versuchen Sie es noch einmal.",
    .password_forgotten = "Sie haben Ihr Passwort vergessen?",
    .password_forgotten_hint =
        "Niemand kann es Ihnen nennen, aber Sie können ein neues wählen. Nachrichten, die jetzt auf Sie warten, "
        "bleiben dann verschlossen, und ihre Absender werden gebeten, sie noch einmal zu senden.",
    .password_anew = "Code für ein neues Passwort senden",
    .choose_title = "Wählen Sie ein Passwort",
    .choose_lead = "Es öffnet geschützte Nachrichten an {}.",
    .choose_label = "Passwort",
    .choose_again_label = "Dasselbe Passwort noch einmal",
    .choose_hint = "Mindestens {} Zeichen. Mehrere Wörter, die nichts miteinander zu tun haben, sind leicht zu merken.",
    .choose_warning =
        "Bewahren Sie es sicher auf: Es ist ein Schlüssel, und niemand kann es Ihnen nennen, wenn Sie es vergessen.",
    .choose_anew_warning =
        "Nachrichten, die mit Ihrem alten Passwort verschlossen wurden, bleiben verschlossen, und ihre Absender "
        "werden gebeten, sie noch einmal zu senden.",
    .choose = "Dieses Passwort behalten",
    .choose_short = "Dieses Passwort ist zu kurz.",
    .choose_long = "Dieses Passwort ist zu lang.",
    .choose_easy = "Dieses Passwort ist leicht zu erraten. Fügen Sie ein Wort hinzu oder wählen Sie ein anderes.",
    .choose_differs = "Die beiden Passwörter sind nicht gleich. Bitte geben Sie beide noch einmal ein.",
    .go_on = "Weiter",
    .outdated = {.heading = "Diese Nachricht kann nicht mehr geöffnet werden",
                 .text = "Sie wurde mit einem Passwort verschlossen, das Sie inzwischen ersetzt haben. Ihr Absender "
                         "wird gebeten, sie noch einmal zu senden."},

    .message_title = "Ihre Nachricht",
    .no_subject = "(kein Betreff)",
    .no_text = "Diese Nachricht hat keinen Text.",
    .from = "Von",
    .reply_to = "Antwort an",
    .to = "An",
    .cc = "Kopie",
    .date = "Datum",
    .actions = "Was Sie tun können",
    .reply = "Antworten",
    .reply_all = "Allen antworten",
    .download = "Herunterladen",
    .print = "Druckansicht",
    .end = "Nachricht schließen",
    .attachments = {.one = "{} Anhang", .many = "{} Anhänge"},
    .body = "Nachricht",
    .views = "Darstellung der Nachricht",
    .formatted = "Formatiert",
    .as_text = "Nur Text",
    .blocked = {.one =
                    "{} Inhalt aus dem Internet wurde nicht geladen: Er könnte anderen verraten, dass Sie dies lesen.",
                .many = "{} Inhalte aus dem Internet wurden nicht geladen: Sie könnten anderen verraten, dass Sie dies "
                        "lesen."},
    .cut = "Diese Nachricht ist zu lang, um ganz gezeigt zu werden. Laden Sie sie herunter, um alles zu haben.",
    .keep_until =
        "Sie können diese Nachricht hier bis zum {} lesen. Um sie länger zu behalten, laden Sie sie herunter.",

    .reply_title = "Ihre Antwort",
    .reply_text = "Nachricht",
    .reply_files = "Dateien anhängen",
    .reply_send = "Antwort senden",
    .reply_back = "Zurück zur Nachricht",
    .reply_awake = "Hält diese Seite offen, während Sie schreiben",
    .subject = "Betreff",
    .reply_largest = "Zusammen höchstens {}",
    .reply_empty = "Schreiben Sie etwas oder hängen Sie eine Datei an.",
    .reply_busy =
        "Ihre Antwort konnte gerade nicht angenommen werden. Wählen Sie Ihre Dateien noch einmal aus und versuchen Sie "
        "es in einer Minute wieder.",
    .reply_too_often = "Sie haben in kurzer Zeit viele Antworten gesendet. Versuchen Sie es in einigen Minuten wieder.",
    .sent = {.heading = "Ihre Antwort ist gesendet",
             .text =
                 "Sie reist so geschützt wie die Nachricht, die Sie gelesen haben. Sie können diese Seite schließen."},

    .factors =
        {.second_title = "Noch ein Schritt",
         .second_lead = "Ihr Passwort stimmt. Zeigen Sie nun, dass Sie es wirklich sind.",
         .digits_label = "Code aus Ihrer App",
         .digits_hint = "Die sechs Ziffern, die Ihre Authenticator-App gerade zeigt",
         .digits_too_many =
             "Es gab zu viele falsche Codes. Warten Sie eine Stunde, und versuchen Sie es dann noch einmal.",
         .passkey_or = "Oder mit Ihrem Passkey",
         .passkey_use = "Passkey verwenden",
         .passkey_wrong = {.one = "Dieser Passkey stimmt nicht. Sie haben noch {} Versuch.",
                           .many = "Dieser Passkey stimmt nicht. Sie haben noch {} Versuche."},
         .needs_script = "Ein Passkey braucht JavaScript, das in Ihrem Browser ausgeschaltet ist. Schalten Sie es für "
                         "diese Seite ein, oder öffnen Sie den Link in einem anderen Browser.",
         .unsupported = "Dieser Browser kennt keine Passkeys. Öffnen Sie den Link in einem anderen oder auf einem "
                        "anderen Gerät.",
         .cancelled = "Das wurde abgebrochen oder hat zu lange gedauert. Sie können es noch einmal versuchen.",
         .known = "Dieses Gerät hat schon einen Passkey für diese Seite.",
         .failed = "Das hat nicht funktioniert. Versuchen Sie es noch einmal oder auf einem anderen Gerät.",
         .sign_in_title = "Wie Sie sich anmelden",
         .address = "Adresse",
         .password = "Passwort",
         .since = "seit {}",
         .second = "Zweiter Schritt",
         .second_hint = "Nach dem Passwort können wir nach etwas fragen, das nur Sie haben. Wer das Passwort errät, "
                        "bleibt dann draußen.",
         .none = "Sie haben keinen eingerichtet.",
         .app = "Authenticator-App",
         .passkey = "Passkey",
         .remove = "Entfernen",
         .change_password = "Passwort ändern",
         .new_password = "Neues Passwort",
         .password_hint = "Damit niemand anderes dies ändert",
         .back = "Zurück",
         .app_add = "Authenticator-App hinzufügen",
         .app_scan = "Scannen Sie dieses Bild mit Ihrer App, und geben Sie dann den Code ein, den sie zeigt.",
         .app_picture = "QR-Code für Ihre Authenticator-App",
         .app_type = "Oder geben Sie diesen Schlüssel in die App ein:",
         .app_keep = "App hinzufügen",
         .app_refused = "Das ist nicht der Code, den Ihre App jetzt zeigen sollte. Prüfen Sie, ob die Uhr Ihres Geräts "
                        "richtig geht, und versuchen Sie es noch einmal.",
         .app_remove = "Authenticator-App entfernen?",
         .passkey_add = "Passkey hinzufügen",
         .passkey_lead = "Ihr Telefon, Ihr Computer oder ein Sicherheitsschlüssel bewahrt ihn auf und fragt nach "
                         "Fingerabdruck, Gesicht oder PIN.",
         .passkey_make = "Passkey erstellen",
         .passkey_refused =
             "Dieser Passkey konnte nicht angenommen werden. Versuchen Sie es noch einmal oder auf einem "
             "anderen Gerät.",
         .passkey_remove = "Passkey vom {} entfernen?",
         .remove_lead = "Sie werden dann nicht mehr danach gefragt."},

    .document = "Dokument",
    .sheet = "Tabelle",
    .slides = "Präsentation",
    .image = "Bild",
    .audio = "Ton",
    .video = "Video",
    .archive = "Archiv",
    .plain_text = "Text",
    .calendar = "Termin",
    .mail = "E-Mail",
    .file = "Datei",

    .no_message = {.heading = "Diese Nachricht ist nicht verfügbar",
                   .text =
                       "Vielleicht ist der Link unvollständig, die Nachricht abgelaufen oder vom Absender "
                       "zurückgezogen. Öffnen Sie den Link in der E-Mail noch einmal, oder fragen Sie den Absender."},
    .session_over = {.heading = "Ihre Nachricht wurde geschlossen",
                     .text =
                         "Zu Ihrem Schutz bleibt sie nur kurze Zeit offen. Um weiterzulesen, öffnen Sie den Link in "
                         "der E-Mail noch einmal."},
    .ended = {.heading = "Ihre Nachricht ist geschlossen",
              .text = "In diesem Browser ist sie nicht mehr offen. Um sie wieder zu lesen, öffnen Sie den Link in der "
                      "E-Mail."},
    .slow_down = {.heading = "Einen Moment bitte",
                  .text =
                      "Es gab zu viele Versuche in kurzer Zeit. Warten Sie einige Minuten, und versuchen Sie es dann "
                      "noch einmal."},
    .bad_request = {.heading = "Das hat nicht funktioniert",
                    .text = "Ihr Browser hat etwas geschickt, das wir nicht lesen konnten. Öffnen Sie den Link in der "
                            "E-Mail noch einmal."},
    .not_found = {.heading = "Diese Seite gibt es nicht",
                  .text = "Öffnen Sie den Link in der E-Mail noch einmal, um Ihre Nachricht zu finden."},
    .too_large = {.heading = "Das ist zu groß",
                  .text =
                      "Gehen Sie zurück, lassen Sie einige Anhänge weg oder wählen Sie kleinere, und versuchen Sie es "
                      "noch einmal."},
    .trouble = {.heading = "Bei uns ist etwas schiefgegangen",
                .text = "Das tut uns leid. Versuchen Sie es in einigen Minuten noch einmal."},

    .months = {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
               "November", "Dezember"},
    .first = "1",
    .day = "{}. {} {}",
    .moment = "{}, {} Uhr (UTC)",
    .decimal_mark = ",",
    .octets = {.one = "{} Byte", .many = "{} Byte"},
    .units = {"KB", "MB", "GB"},
};

}  // namespace postern::portal
