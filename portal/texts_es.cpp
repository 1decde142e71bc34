#include "portal/texts.hpp"

namespace postern::portal {

const Texts spanish = {
    .language = "es",
    .skip = "Ir al contenido",
    .help = "¿Necesita ayuda?",
    .service = "Mensajes protegidos de {}",
    .service_alone = "Mensajes protegidos",
    .error = "Error:",

    .wait_title = "Le espera un mensaje protegido",
    .wait_sender = "{} lo ha enviado a {}.",
    .wait_steps = "Cómo leerlo",
    .step_send = "Enviamos un código a su buzón.",
    .step_type = "Usted lo escribe en la página siguiente.",
    .step_read = "Su mensaje se abre.",
    .send_code = "Recibir un código",
    .wait_until = "Puede leerlo hasta el {}.",
    .no_account = "No necesita cuenta ni contraseña.",

    .code_title = "Escriba su código",
    .code_sent = "Lo hemos enviado a {}. Puede tardar un minuto en llegar.",
    .code_label = "Código del correo",
    .code_hint = {.one = "{} cifra", .many = "{} cifras"},
    .open = "Abrir el mensaje",
    .none_came = "¿No ha recibido el código?",
    .none_came_hint = "Mire también en el correo no deseado. Un código nuevo sustituye al anterior.",
    .send_again = "Recibir un código nuevo",
    .wrong = {.one = "Este código no es correcto. Le queda {} intento.",
              .many = "Este código no es correcto. Le quedan {} intentos."},
    .expired = "Este código ya no es válido. Pida uno nuevo.",
    .too_many = "Ha habido demasiados códigos incorrectos, así que este ya no es válido. Pida uno nuevo.",
    .wait = {.one = "Ya hay un código en camino. Podrá pedir otro dentro de {} segundo.",
             .many = "Ya hay un código en camino. Podrá pedir otro dentro de {} segundos."},

    .passphrase_label = "Frase de acceso",
    .passphrase_hint =
        "Cuatro palabras que le dice el remitente, por ejemplo por teléfono. Las mayúsculas, los espacios y los "
        "guiones no importan.",
    .passphrase_wrong = "Esta frase de acceso no es correcta. Compruebe cada palabra e inténtelo de nuevo.",
    .passphrase_too_many = "Ha habido demasiados intentos fallidos. Espere unos minutos e inténtelo de nuevo.",
    .passphrase_unknown = "¿No tiene la frase de acceso?",
    .passphrase_unknown_hint =
        "Pídala a quien escribió el mensaje: la dirección está en el correo que contiene el enlace. Nosotros no "
        "conocemos la frase y no podemos enviársela.",

    .password_first = "Después elige una contraseña. Abre este mensaje y los siguientes.",
    .password_label = "Su contraseña",
    .password_hint = "La que eligió para los mensajes protegidos enviados desde aquí.",
    .password_wrong = "Esta contraseña no es correcta. Inténtelo de nuevo.",
    .password_forgotten = "¿Ha olvidado su contraseña?",
    .password_forgotten_hint =
        "Nadie puede decírsela, pero puede elegir una nueva. Los mensajes que le esperan ahora quedarán cerrados, y "
        "se pedirá a sus remitentes que los envíen de nuevo.",
    .password_anew = "Enviarme un código para una contraseña nueva",
    .choose_title = "Elija una contraseña",
    .choose_lead = "Abre los mensajes protegidos dirigidos a {}.",
    .choose_label = "Contraseña",
    .choose_again_label = "La misma contraseña otra vez",
    .choose_hint = "Al menos {} caracteres. Varias palabras sin relación entre sí son fáciles de recordar.",
    .choose_warning = "Guárdela bien: es una llave, y nadie podrá decírsela si la olvida.",
    .choose_anew_warning =
        "Los mensajes cerrados con su contraseña anterior quedan cerrados, y se pide a sus remitentes que los envíen "
        "de nuevo.",
    .choose = "Guardar esta contraseña",
    .choose_short = "Esta contraseña es demasiado corta.",
    .choose_long = "Esta contraseña es demasiado larga.",
    .choose_easy = "Esta contraseña es fácil de adivinar. Añada otra palabra o elija una distinta.",
    .choose_differs = "Las dos contraseñas no coinciden. Escríbalas de nuevo.",
    .go_on = "Continuar",
    .outdated = {.heading = "Este mensaje ya no se puede abrir",
                 .text = "Se cerró con una contraseña que usted ha sustituido desde entonces. Se pide a su remitente "
                         "que lo envíe de nuevo."},

    .message_title = "Su mensaje",
    .no_subject = "(sin asunto)",
    .no_text = "Este mensaje no tiene texto.",
    .from = "De",
    .reply_to = "Responder a",
    .to = "Para",
    .cc = "Copia",
    .date = "Fecha",
    .actions = "Lo que puede hacer",
    .reply = "Responder",
    .reply_all = "Responder a todos",
    .download = "Descargar",
    .print = "Vista para imprimir",
    .end = "Cerrar el mensaje",
    .attachments = {.one = "{} archivo adjunto", .many = "{} archivos adjuntos"},
    .body = "Mensaje",
    .views = "Cómo se muestra el mensaje",
    .formatted = "Con formato",
    .as_text = "Solo texto",
    .blocked = {.one = "No se ha cargado {} elemento de internet: podría revelar a otros que usted lee esto.",
                .many = "No se han cargado {} elementos de internet: podrían revelar a otros que usted lee esto."},
    .cut = "Este mensaje es demasiado largo para mostrarlo entero. Descárguelo para tenerlo completo.",
    .keep_until = "Puede leer este mensaje aquí hasta el {}. Para conservarlo más tiempo, descárguelo.",

    .reply_title = "Su respuesta",
    .reply_text = "Mensaje",
    .reply_files = "Adjuntar archivos",
    .reply_send = "Enviar la respuesta",
    .reply_back = "Volver al mensaje",
    .reply_awake = "Mantiene abierta esta página mientras usted escribe",
    .subject = "Asunto",
    .reply_largest = "En total, {} como máximo",
    .reply_empty = "Escriba algo o adjunte un archivo.",
    .reply_busy =
        "Su respuesta no se ha podido aceptar en este momento. Vuelva a elegir sus archivos e inténtelo de nuevo "
        "dentro de un minuto.",
    .reply_too_often = "Ha enviado muchas respuestas en poco tiempo. Inténtelo de nuevo dentro de unos minutos.",
    .sent = {.heading = "Su respuesta se ha enviado",
             .text = "Viaja tan protegida como el mensaje que usted ha leído. Puede cerrar esta página."},

    .factors =
        {.second_title = "Un paso más",
         .second_lead = "Su contraseña es correcta. Demuestre ahora que es usted.",
         .digits_label = "Código de su aplicación",
         .digits_hint = "Las seis cifras que muestra ahora su aplicación de autenticación",
         .digits_too_many = "Ha habido demasiados códigos incorrectos. Espere una hora e inténtelo de nuevo.",
         .passkey_or = "O con su llave de acceso",
         .passkey_use = "Usar su llave de acceso",
         .passkey_wrong = {.one = "Esta llave de acceso no es correcta. Le queda {} intento.",
                           .many = "Esta llave de acceso no es correcta. Le quedan {} intentos."},
         .needs_script = "Una llave de acceso necesita JavaScript, que está desactivado en su navegador. Actívelo para "
                         "esta página o abra el enlace en otro navegador.",
         .unsupported = "Este navegador no conoce las llaves de acceso. Abra el enlace en otro navegador o en otro "
                        "dispositivo.",
         .cancelled = "Se ha cancelado o ha tardado demasiado. Puede intentarlo de nuevo.",
         .known = "Este dispositivo ya tiene una llave de acceso para esta página.",
         .failed = "No ha funcionado. Inténtelo de nuevo o en otro dispositivo.",
         .sign_in_title = "Cómo inicia usted sesión",
         .address = "Dirección",
         .password = "Contraseña",
         .since = "desde el {}",
         .second = "Segundo paso",
         .second_hint = "Después de la contraseña podemos pedirle algo que solo usted tiene. Así, quien adivine la "
                        "contraseña se queda fuera.",
         .none = "No ha configurado ninguno.",
         .app = "Aplicación de autenticación",
         .passkey = "Llave de acceso",
         .remove = "Quitar",
         .password_hint = "Para que nadie más cambie esto",
         .back = "Volver",
         .app_add = "Añadir una aplicación de autenticación",
         .app_scan = "Escanee esta imagen con su aplicación y escriba después el código que muestra.",
         .app_picture = "Código QR para su aplicación de autenticación",
         .app_type = "O escriba esta clave en la aplicación:",
         .app_keep = "Añadir esta aplicación",
         .app_refused = "No es el código que su aplicación debería mostrar ahora. Compruebe que la hora de su "
                        "dispositivo es correcta e inténtelo de nuevo.",
         .app_remove = "¿Quitar su aplicación de autenticación?",
         .passkey_add = "Añadir una llave de acceso",
         .passkey_lead = "La guarda su teléfono, su ordenador o una llave de seguridad, que le pide su huella, su "
                         "rostro o un PIN.",
         .passkey_make = "Crear una llave de acceso",
         .passkey_refused = "No se ha podido aceptar esta llave de acceso. Inténtelo de nuevo o en otro dispositivo.",
         .passkey_remove = "¿Quitar la llave de acceso del {}?",
         .remove_lead = "Ya no se le pedirá."},

    .document = "Documento",
    .sheet = "Hoja de cálculo",
    .slides = "Presentación",
    .image = "Imagen",
    .audio = "Audio",
    .video = "Vídeo",
    .archive = "Archivo comprimido",
    .plain_text = "Texto",
    .calendar = "Cita",
    .mail = "Correo",
    .file = "Archivo",

    .no_message = {.heading = "Este mensaje no está disponible",
                   .text =
                       "Puede que el enlace esté incompleto, que el mensaje haya caducado o que su remitente lo haya "
                       "retirado. Abra otra vez el enlace del correo o pregunte al remitente."},
    .session_over = {.heading = "Su mensaje se ha cerrado",
                     .text =
                         "Para protegerle, solo permanece abierto poco tiempo. Para seguir leyendo, abra otra vez el "
                         "enlace del correo."},
    .ended = {.heading = "Su mensaje está cerrado",
              .text = "Ya no está abierto en este navegador. Para leerlo de nuevo, abra el enlace del correo."},
    .slow_down = {.heading = "Un momento, por favor",
                  .text = "Ha habido demasiados intentos en poco tiempo. Espere unos minutos e inténtelo de nuevo."},
    .bad_request = {.heading = "No ha funcionado",
                    .text =
                        "Su navegador ha enviado algo que no hemos podido leer. Abra otra vez el enlace del correo."},
    .not_found = {.heading = "Esta página no existe",
                  .text = "Abra otra vez el enlace del correo para encontrar su mensaje."},
    .too_large = {.heading = "Es demasiado grande",
                  .text = "Vuelva atrás, quite algunos archivos adjuntos o elija otros más pequeños, e inténtelo de "
                          "nuevo."},
    .trouble = {.heading = "Algo ha fallado por nuestra parte",
                .text = "Lo sentimos. Inténtelo de nuevo dentro de unos minutos."},

    .months = {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
               "noviembre", "diciembre"},
    .first = "1",
    .day = "{} de {} de {}",
    .moment = "{}, {} (UTC)",
    .decimal_mark = ",",
    .octets = {.one = "{} byte", .many = "{} bytes"},
    .units = {"KB", "MB", "GB"},
};

}  // namespace postern::portal
