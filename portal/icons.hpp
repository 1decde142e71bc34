// Line drawings in the colour of the text around them; nothing of them is read out.
#pragma once

#include "portal/markup.hpp"

namespace postern::portal::icons {

/// `path`: what is drawn on a field of 24 × 24.
[[nodiscard]] inline Markup drawn(const Markup& path) {
  return "<svg class=\"icon\" viewBox=\"0 0 24 24\" width=\"24\" height=\"24\" fill=\"none\" stroke=\"currentColor\" "
         "stroke-width=\"1.75\" stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\" "
         "focusable=\"false\">"_html +
         path + "</svg>"_html;
}

[[nodiscard]] inline Markup sealed_letter() {
  return drawn(
      "<path d=\"M21 10V7a2 2 0 0 0-2-2H5a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h7\"/><path d=\"m3.5 7.5 8.5 5.5 "
      "8.5-5.5\"/><rect x=\"15\" y=\"16.5\" width=\"7\" height=\"5\" rx=\"1\"/><path d=\"M16.5 16.5V15a2 2 0 0 1 "
      "4 0v1.5\"/>"_html);
}
[[nodiscard]] inline Markup key() {
  return drawn(
      "<circle cx=\"7.5\" cy=\"15.5\" r=\"4.5\"/><path d=\"m10.7 12.3 9.8-9.8\"/><path d=\"m15.5 7.5 3 3\"/><path "
      "d=\"m18.5 4.5 2 2\"/>"_html);
}
[[nodiscard]] inline Markup phone() {
  return drawn("<rect x=\"7\" y=\"2.5\" width=\"10\" height=\"19\" rx=\"2\"/><path d=\"M11 18.5h2\"/>"_html);
}
/// A person with a key.
[[nodiscard]] inline Markup passkey() {
  return drawn(
      "<circle cx=\"9\" cy=\"7\" r=\"4\"/><path d=\"M2 20a7 7 0 0 1 10.5-6\"/><circle cx=\"18\" cy=\"12.5\" "
      "r=\"3\"/><path d=\"M18 15.5v6l2-1.5\"/><path d=\"M18 18.5h1.5\"/>"_html);
}
[[nodiscard]] inline Markup closed_letter() {
  return drawn(
      "<rect x=\"3\" y=\"5\" width=\"18\" height=\"14\" rx=\"2\"/><path d=\"m3.5 7.5 8.5 5.5 8.5-5.5\"/>"_html);
}
[[nodiscard]] inline Markup sent_letter() {
  return drawn("<path d=\"M21 3 10.5 13.5\"/><path d=\"M21 3l-6.5 18-4-7.5L3 9.5z\"/>"_html);
}
[[nodiscard]] inline Markup reply() {
  return drawn("<path d=\"m9 7-5 5 5 5\"/><path d=\"M4 12h10a6 6 0 0 1 6 6v1\"/>"_html);
}
[[nodiscard]] inline Markup reply_all() {
  return drawn("<path d=\"m7 7-5 5 5 5\"/><path d=\"m12 7-5 5 5 5\"/><path d=\"M7 12h9a6 6 0 0 1 6 6v1\"/>"_html);
}
[[nodiscard]] inline Markup download() {
  return drawn("<path d=\"M12 4v11\"/><path d=\"m7.5 10.5 4.5 4.5 4.5-4.5\"/><path d=\"M4 19h16\"/>"_html);
}
[[nodiscard]] inline Markup printer() {
  return drawn(
      "<path d=\"M7 9V4h10v5\"/><rect x=\"3\" y=\"9\" width=\"18\" height=\"8\" rx=\"2\"/><path d=\"M7 "
      "14h10v6H7z\"/>"_html);
}
[[nodiscard]] inline Markup sheet() {
  return drawn("<path d=\"M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8z\"/><path d=\"M14 3v5h5\"/>"_html);
}
[[nodiscard]] inline Markup shield() {
  return drawn(
      "<path d=\"M12 3 5 6v5.5c0 4.2 2.9 7.6 7 9 4.1-1.4 7-4.8 7-9V6z\"/><path d=\"m9 12 2.2 2.2L15.2 10\"/>"_html);
}
[[nodiscard]] inline Markup warning() {
  return drawn("<circle cx=\"12\" cy=\"12\" r=\"9\"/><path d=\"M12 7.5v5.5\"/><path d=\"M12 16.5v.01\"/>"_html);
}

}  // namespace postern::portal::icons
