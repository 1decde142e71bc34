// How a tenant looks to its recipients. From portal.toml; the notice mails use the same words.
#pragma once

#include <string>

namespace postern::portal {

struct Brand {
  std::string name;                // "Riverside Clinic"
  std::string colour = "#0b5c6b";  // of buttons and accents: "#rrggbb", at least 4.5:1 against white
  std::string style;  // path of brand_style() on this server ("/brand/clinic.css"); empty: the default colour
  std::string logo;   // path on this server ("/brand/clinic/logo.svg"); empty: the name stands alone
  std::string help;   // "Call 555 0100": shown to the lost; may be empty
};

}  // namespace postern::portal
