#include "portal/texts.hpp"

namespace postern::portal {

const Texts french = {
    .language = "fr",
    .skip = "Aller au contenu",
    .help = "Besoin d’aide ?",
    .service = "Messages protégés de {}",
    .service_alone = "Messages protégés",
    .error = "Erreur :",

    .wait_title = "Un message protégé vous attend",
    .wait_sender = "{} l’a envoyé à {}.",
    .wait_steps = "Comment le lire",
    .step_send = "Nous envoyons un code à votre adresse.",
    .step_type = "Vous le saisissez à la page suivante.",
    .step_read = "Votre message s’ouvre.",
    .send_code = "Recevoir un code",
    .wait_until = "Vous pouvez le lire jusqu’au {}.",
    .no_account = "Vous n’avez besoin ni de compte ni de mot de passe.",

    .code_title = "Saisissez votre code",
    .code_sent = "Nous l’avons envoyé à {}. Il peut mettre une minute à arriver.",
    .code_label = "Code reçu par e-mail",
    .code_hint = {.one = "{} chiffre", .many = "{} chiffres"},
    .open = "Ouvrir le message",
    .none_came = "Vous n’avez pas reçu de code ?",
    .none_came_hint = "Regardez aussi dans les courriers indésirables. Un nouveau code remplace l’ancien.",
    .send_again = "Recevoir un nouveau code",
    .wrong = {.one = "Ce code n’est pas le bon. Il vous reste {} essai.",
              .many = "Ce code n’est pas le bon. Il vous reste {} essais."},
    .expired = "Ce code n’est plus valable. Demandez-en un nouveau.",
    .too_many = "Trop de codes erronés ont été saisis : ce code n’est plus valable. Demandez-en un nouveau.",
    .wait = {.one = "Un code est déjà en route. Vous pourrez en demander un autre dans {} seconde.",
             .many = "Un code est déjà en route. Vous pourrez en demander un autre dans {} secondes."},

    .passphrase_label = "Phrase secrète",
    .passphrase_hint =
        "Quatre mots que l’expéditeur vous communique, par exemple par téléphone. Les majuscules, les espaces et les "
        "traits d’union ne comptent pas.",
    .passphrase_wrong = "Cette phrase secrète n’est pas la bonne. Vérifiez chaque mot et réessayez.",
    .passphrase_too_many = "Il y a eu trop d’essais erronés. Attendez quelques minutes, puis réessayez.",
    .passphrase_unknown = "Vous n’avez pas la phrase secrète ?",
    .passphrase_unknown_hint =
        "Demandez-la à la personne qui a écrit le message : son adresse figure dans l’e-mail qui contient le lien. "
        "Nous ne connaissons pas cette phrase et ne pouvons pas vous l’envoyer.",

    .password_first = "Vous choisissez ensuite un mot de passe. Il ouvre ce message et les suivants.",
    .password_label = "Votre mot de passe",
    .password_hint = "Celui que vous avez choisi pour les messages protégés envoyés d’ici.",
    .password_wrong = "Ce mot de passe n’est pas le bon. Veuillez réessayer.",
    .password_forgotten = "Vous avez oublié votre mot de passe ?",
    .password_forgotten_hint =
        "Personne ne peut vous le communiquer, mais vous pouvez en choisir un nouveau. Les messages qui vous "
        "attendent resteront alors fermés, et leurs expéditeurs seront priés de les renvoyer.",
    .password_anew = "M’envoyer un code pour un nouveau mot de passe",
    .choose_title = "Choisissez un mot de passe",
    .choose_lead = "Il ouvre les messages protégés destinés à {}.",
    .choose_label = "Mot de passe",
    .choose_again_label = "Le même mot de passe, une seconde fois",
    .choose_hint = "Au moins {} caractères. Plusieurs mots sans rapport entre eux sont faciles à retenir.",
    .choose_warning =
        "Conservez-le en lieu sûr : c’est une clé, et personne ne pourra vous le communiquer si vous l’oubliez.",
    .choose_anew_warning =
        "Les messages fermés avec votre ancien mot de passe le resteront, et leurs expéditeurs seront priés de les "
        "renvoyer.",
    .choose = "Garder ce mot de passe",
    .choose_short = "Ce mot de passe est trop court.",
    .choose_long = "Ce mot de passe est trop long.",
    .choose_easy = "Ce mot de passe est facile à deviner. Ajoutez un mot ou choisissez-en un autre.",
    .choose_differs = "Les deux mots de passe ne sont pas identiques. Saisissez-les de nouveau.",
    .go_on = "Continuer",
    .outdated = {.heading = "Ce message ne peut plus être ouvert",
                 .text = "Il a été fermé avec un mot de passe que vous avez remplacé depuis. Son expéditeur est prié "
                         "de le renvoyer."},

    .message_title = "Votre message",
    .no_subject = "(sans objet)",
    .no_text = "Ce message ne contient pas de texte.",
    .from = "De",
    .reply_to = "Répondre à",
    .to = "À",
    .cc = "Copie",
    .date = "Date",
    .actions = "Ce que vous pouvez faire",
    .reply = "Répondre",
    .reply_all = "Répondre à tous",
    .download = "Télécharger",
    .print = "Version imprimable",
    .end = "Fermer le message",
    .attachments = {.one = "{} pièce jointe", .many = "{} pièces jointes"},
    .body = "Message",
    .views = "Affichage du message",
    .formatted = "Mis en forme",
    .as_text = "Texte seul",
    .blocked = {.one =
                    "{} élément venant d’internet n’a pas été chargé : il pourrait révéler à d’autres que vous lisez "
                    "ce message.",
                .many =
                    "{} éléments venant d’internet n’ont pas été chargés : ils pourraient révéler à d’autres que vous "
                    "lisez ce message."},
    .cut = "Ce message est trop long pour être affiché en entier. Téléchargez-le pour l’avoir au complet.",
    .keep_until = "Vous pouvez lire ce message ici jusqu’au {}. Pour le garder plus longtemps, téléchargez-le.",

    .reply_title = "Votre réponse",
    .reply_text = "Message",
    .reply_files = "Joindre des fichiers",
    .reply_send = "Envoyer la réponse",
    .reply_back = "Retour au message",
    .reply_awake = "Garde cette page ouverte pendant que vous écrivez",
    .subject = "Objet",
    .reply_largest = "Au plus {} en tout",
    .reply_empty = "Écrivez quelque chose ou joignez un fichier.",
    .reply_busy =
        "Votre réponse n’a pas pu être acceptée pour l’instant. Choisissez à nouveau vos fichiers et réessayez dans "
        "une minute.",
    .reply_too_often = "Vous avez envoyé beaucoup de réponses en peu de temps. Réessayez dans quelques minutes.",
    .sent = {.heading = "Votre réponse est envoyée",
             .text = "Elle voyage aussi protégée que le message que vous avez lu. Vous pouvez fermer cette page."},

    .factors =
        {.second_title = "Encore une étape",
         .second_lead = "Votre mot de passe est le bon. Montrez maintenant que c’est bien vous.",
         .digits_label = "Code de votre application",
         .digits_hint = "Les six chiffres que votre application d’authentification affiche en ce moment",
         .digits_too_many = "Il y a eu trop de codes erronés. Attendez une heure, puis réessayez.",
         .passkey_or = "Ou avec votre clé d’accès",
         .passkey_use = "Utiliser votre clé d’accès",
         .passkey_wrong = {.one = "Cette clé d’accès n’est pas la bonne. Il vous reste {} essai.",
                           .many = "Cette clé d’accès n’est pas la bonne. Il vous reste {} essais."},
         .needs_script = "Une clé d’accès a besoin de JavaScript, qui est désactivé dans votre navigateur. Activez-le "
                         "pour cette page ou ouvrez le lien dans un autre navigateur.",
         .unsupported = "Ce navigateur ne connaît pas les clés d’accès. Ouvrez le lien dans un autre navigateur ou sur "
                        "un autre appareil.",
         .cancelled = "L’opération a été annulée ou a pris trop de temps. Vous pouvez réessayer.",
         .known = "Cet appareil a déjà une clé d’accès pour cette page.",
         .failed = "Cela n’a pas fonctionné. Réessayez, ou faites-le sur un autre appareil.",
         .sign_in_title = "Comment vous vous identifiez",
         .address = "Adresse",
         .password = "Mot de passe",
         .since = "depuis le {}",
         .second = "Deuxième étape",
         .second_hint =
             "Après votre mot de passe, nous pouvons vous demander quelque chose que vous seul possédez. Qui "
             "devine le mot de passe reste alors dehors.",
         .none = "Vous n’en avez pas configuré.",
         .app = "Application d’authentification",
         .passkey = "Clé d’accès",
         .remove = "Retirer",
         .change_password = "Changer de mot de passe",
         .new_password = "Nouveau mot de passe",
         .password_hint = "Pour que personne d’autre ne change cela",
         .back = "Retour",
         .app_add = "Ajouter une application d’authentification",
         .app_scan = "Scannez cette image avec votre application, puis saisissez le code qu’elle affiche.",
         .app_picture = "Code QR pour votre application d’authentification",
         .app_type = "Ou saisissez cette clé dans l’application :",
         .app_keep = "Ajouter cette application",
         .app_refused = "Ce n’est pas le code que votre application devrait afficher maintenant. Vérifiez que votre "
                        "appareil est à l’heure et réessayez.",
         .app_remove = "Retirer votre application d’authentification ?",
         .passkey_add = "Ajouter une clé d’accès",
         .passkey_lead = "Votre téléphone, votre ordinateur ou une clé de sécurité la garde et vous demande votre "
                         "empreinte, votre visage ou un code PIN.",
         .passkey_make = "Créer une clé d’accès",
         .passkey_refused =
             "Cette clé d’accès n’a pas pu être acceptée. Réessayez, ou faites-le sur un autre appareil.",
         .passkey_remove = "Retirer la clé d’accès du {} ?",
         .remove_lead = "Elle ne vous sera plus demandée."},

    .document = "Document",
    .sheet = "Feuille de calcul",
    .slides = "Présentation",
    .image = "Image",
    .audio = "Son",
    .video = "Vidéo",
    .archive = "Archive",
    .plain_text = "Texte",
    .calendar = "Rendez-vous",
    .mail = "E-mail",
    .file = "Fichier",

    .no_message = {.heading = "Ce message n’est pas disponible",
                   .text =
                       "Le lien est peut-être incomplet, le message a peut-être expiré ou son expéditeur l’a peut-être "
                       "retiré. Ouvrez à nouveau le lien de l’e-mail ou adressez-vous à l’expéditeur."},
    .session_over = {.heading = "Votre message a été fermé",
                     .text = "Pour votre protection, il ne reste ouvert que peu de temps. Pour continuer à le lire, "
                             "ouvrez à nouveau le lien de l’e-mail."},
    .ended = {.heading = "Votre message est fermé",
              .text = "Il n’est plus ouvert dans ce navigateur. Pour le relire, ouvrez le lien de l’e-mail."},
    .slow_down = {.heading = "Un instant, s’il vous plaît",
                  .text = "Il y a eu trop de tentatives en peu de temps. Attendez quelques minutes, puis réessayez."},
    .bad_request = {.heading = "Cela n’a pas fonctionné",
                    .text =
                        "Votre navigateur a envoyé des données que nous n’avons pas pu lire. Ouvrez à nouveau le lien "
                        "de l’e-mail."},
    .not_found = {.heading = "Cette page n’existe pas",
                  .text = "Ouvrez à nouveau le lien de l’e-mail pour retrouver votre message."},
    .too_large = {.heading = "C’est trop volumineux",
                  .text = "Revenez en arrière, retirez des pièces jointes ou choisissez-en de plus petites, puis "
                          "réessayez."},
    .trouble = {.heading = "Un problème est survenu de notre côté",
                .text = "Nous en sommes désolés. Réessayez dans quelques minutes."},

    .months = {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
               "novembre", "décembre"},
    .first = "1er",
    .day = "{} {} {}",
    .moment = "{} à {} (UTC)",
    .decimal_mark = ",",
    .octets = {.one = "{} octet", .many = "{} octets"},
    .units = {"Ko", "Mo", "Go"},
};

}  // namespace postern::portal
