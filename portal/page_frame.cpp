#include "portal/page_frame.hpp"

#include "portal/icons.hpp"

namespace postern::portal {
namespace {

Markup style_link(std::string_view path) {
  return "<link rel=\"stylesheet\" href=\""_html + escape(path) + "\">\n"_html;
}

Markup body_start(Width width) {
  switch (width) {
    case Width::narrow: return "<body class=\"narrow\">\n"_html;
    case Width::wide: return "<body class=\"wide\">\n"_html;
    case Width::paper: return "<body class=\"paper\">\n"_html;
  }
  return {};
}

Markup sender(const Brand& brand, const Texts& texts) {
  // The name is beside the logo as text, so the logo says nothing to a screen reader.
  const Markup logo =
      brand.logo.empty() ? Markup() : "<img src=\""_html + escape(brand.logo) + "\" alt=\"\" height=\"32\">"_html;
  return "<p class=\"brand\">"_html + logo + "<span>"_html +
         (brand.name.empty() ? say(texts.service_alone) : escape(brand.name)) + "</span></p>\n"_html;
}

Markup footer(const Brand& brand, const Texts& texts) {
  const Markup help = brand.help.empty() ? Markup()
                                         : "<p>"_html + say(texts.help) + " <strong>"_html + escape(brand.help) +
                                               "</strong></p>\n"_html;
  return "<footer>\n"_html + help + "<p>"_html +
         (brand.name.empty() ? say(texts.service_alone) : say(texts.service, escape(brand.name))) +
         "</p>\n</footer>\n"_html;
}

}  // namespace

Markup document_head(const Words& language, const Markup& title, std::string_view brand_style_path) {
  return "<!doctype html>\n<html lang=\""_html + say(language) + "\">\n<head>\n<meta charset=\"utf-8\">\n<title>"_html +
         title +
         "</title>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         "<meta name=\"robots\" content=\"noindex, nofollow\">\n"
         "<meta name=\"referrer\" content=\"no-referrer\">\n"
         "<meta name=\"format-detection\" content=\"telephone=no\">\n"
         "<link rel=\"icon\" type=\"image/svg+xml\" href=\"/icon.svg\">\n"_html +
         style_link("/style.css") + (brand_style_path.empty() ? Markup() : style_link(brand_style_path)) +
         "</head>\n"_html;
}

std::string framed(const Look& look, const Page& page) {
  const Texts& texts = portal::texts(look.language);
  const Brand& brand = look.brand;
  const Markup title = page.title + (brand.name.empty() ? Markup() : " – "_html + escape(brand.name));
  const bool on_paper = page.width == Width::paper;
  const Markup skip =
      on_paper ? Markup() : "<a class=\"skip\" href=\"#content\">"_html + say(texts.skip) + "</a>\n"_html;
  return (document_head(texts.language, title, brand.style) + body_start(page.width) + skip + "<header>\n"_html +
          sender(brand, texts) + page.tools + "</header>\n<main id=\"content\" tabindex=\"-1\">\n"_html + page.main +
          "</main>\n"_html + (on_paper ? Markup() : footer(brand, texts)) + "</body>\n</html>\n"_html)
      .str();
}

Markup title_of(const Texts& texts, bool troubled, const Markup& title) {
  return (troubled ? say(texts.error) + " "_html : Markup()) + title;
}

Markup button(const Words& words) {
  return "<button type=\"submit\">"_html + say(words) + "</button>\n"_html;
}

Markup form(const Form& form, const Markup& inside) {
  Markup fields;
  for (const auto& [name, value] : form.hidden) {
    fields += "<input type=\"hidden\" name=\""_html + escape(name) + "\" value=\""_html + escape(value) + "\">\n"_html;
  }
  const Markup encoding = form.uploads ? " enctype=\"multipart/form-data\""_html : Markup();
  return "<form method=\"post\" action=\""_html + escape(form.action) + "\""_html + encoding + ">\n"_html + fields +
         inside + "</form>\n"_html;
}

Markup link(std::string_view path, const Markup& inside) {
  return "<a href=\""_html + escape(path) + "\">"_html + inside + "</a>"_html;
}

Markup isolated(std::string_view text) {
  return "<bdi>"_html + escape(text) + "</bdi>"_html;
}

Markup emphasised(std::string_view text) {
  return "<strong>"_html + isolated(text) + "</strong>"_html;
}

Markup card(const Markup& icon, const Markup& heading, const Markup& rest) {
  return "<section class=\"card\">\n<div class=\"emblem\">"_html + icon + "</div>\n<h1>"_html + heading +
         "</h1>\n"_html + rest + "</section>\n"_html;
}

Markup alert(const Markup& what) {
  if (what.empty()) return {};
  return "<p class=\"alert\" id=\"trouble\" role=\"alert\">"_html + icons::warning() + "<span>"_html + what +
         "</span></p>\n"_html;
}

Markup person(const Correspondent& who) {
  if (who.name.empty()) return "<bdi class=\"name\">"_html + escape(who.address) + "</bdi>"_html;
  return "<bdi class=\"name\">"_html + escape(who.name) + "</bdi> <bdi class=\"address\">"_html + escape(who.address) +
         "</bdi>"_html;
}

}  // namespace postern::portal
