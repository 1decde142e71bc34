#include "portal/qr.hpp"

#include <memory>

#include <qrencode.h>

namespace postern::portal {
namespace {

struct Frees {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

constexpr int quiet_zone = 4;  // modules, on each side: ISO/IEC 18004 §9.1

Markup number(int value) {
  return escape(std::to_string(value));
}

bool is_dark(const QRcode& code, int x, int y) {
  return x < code.width && (code.data[y * code.width + x] & 1) != 0;
}

/// One bar for each run of dark modules.
Markup bars(const QRcode& code) {
  Markup path;
  for (int y = 0; y < code.width; ++y) {
    for (int x = 0; x < code.width; ++x) {
      const int begin = x;
      while (is_dark(code, x, y))
        ++x;
      if (x == begin) continue;
      path += "M"_html + number(begin + quiet_zone) + " "_html + number(y + quiet_zone) + "h"_html + number(x - begin) +
              "v1h-"_html + number(x - begin) + "z"_html;
    }
  }
  return path;
}

}  // namespace

std::optional<Markup> qr_code(const std::string& text, const Markup& label) {
  if (text.find('\0') != text.npos) return std::nullopt;
  const std::unique_ptr<QRcode, Frees> code(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_M));
  if (!code) return std::nullopt;
  const Markup side = number(code->width + 2 * quiet_zone);
  return "<svg class=\"qr\" role=\"img\" aria-label=\""_html + label + "\" viewBox=\"0 0 "_html + side + " "_html +
         side +
         "\" shape-rendering=\"crispEdges\" xmlns=\"http://www.w3.org/2000/svg\"><path fill=\"#fff\" "
         "d=\"M0 0h"_html +
         side + "v"_html + side + "H0z\"/><path fill=\"#000\" d=\""_html + bars(*code) + "\"/></svg>\n"_html;
}

}  // namespace postern::portal
