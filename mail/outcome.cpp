#include "mail/outcome.hpp"

namespace postern::mail {

std::string_view format_stage(Stage stage) {
  switch (stage) {
    case Stage::deposit: return "deposit";
    case Stage::seal: return "seal";
    case Stage::resolve: return "resolve";
    case Stage::connect: return "connect";
    case Stage::greeting: return "greeting";
    case Stage::ehlo: return "ehlo";
    case Stage::starttls: return "starttls";
    case Stage::handshake: return "handshake";
    case Stage::requirement: return "requirement";
    case Stage::mail: return "mail";
    case Stage::rcpt: return "rcpt";
    case Stage::data: return "data";
    case Stage::final_dot: return "final-dot";
  }
  return "";
}

}  // namespace postern::mail
