// The answer: written, and sent.
#include "portal/icons.hpp"
#include "portal/page_frame.hpp"

namespace postern::portal {
namespace {

Markup what_is_wrong(const Texts& texts, ReplyPage::Trouble trouble) {
  switch (trouble) {
    case ReplyPage::Trouble::none: return {};
    case ReplyPage::Trouble::empty: return say(texts.reply_empty);
    case ReplyPage::Trouble::busy: return say(texts.reply_busy);
    case ReplyPage::Trouble::too_often: return say(texts.reply_too_often);
  }
  return {};
}

Markup head(const Texts& texts, const ReplyPage& page) {
  Markup receivers;
  for (const Correspondent& one : page.to)
    receivers += "<dd>"_html + person(one) + "</dd>"_html;
  return "<dl class=\"envelope\">\n<div><dt>"_html + say(texts.to) + "</dt>"_html + receivers +
         "</div>\n<div><dt>"_html + say(texts.subject) + "</dt><dd dir=\"auto\">"_html + escape(page.subject) +
         "</dd></div>\n</dl>\n"_html;
}

Markup text_field(const Texts& texts, const ReplyPage& page) {
  const Markup invalid =
      page.trouble == ReplyPage::Trouble::empty ? " aria-invalid=\"true\" aria-describedby=\"trouble\""_html : Markup();
  // The line end that HTML takes away from the beginning of a text area.
  return "<label for=\"text\">"_html + say(texts.reply_text) +
         "</label>\n<textarea id=\"text\" name=\"text\" rows=\"12\" dir=\"auto\" autofocus"_html + invalid +
         ">\n"_html + escape(page.text) + "</textarea>\n"_html;
}

Markup file_field(const Texts& texts, const ReplyPage& page) {
  return "<label for=\"file\">"_html + say(texts.reply_files) + "</label>\n<p class=\"hint\" id=\"file-hint\">"_html +
         say(texts.reply_largest, size_of(texts, page.largest)) +
         "</p>\n<input id=\"file\" name=\"file\" type=\"file\" multiple aria-describedby=\"file-hint\">\n"_html;
}

Markup keep_awake(const Texts& texts, std::string_view path) {
  if (path.empty()) return {};
  return "<iframe hidden tabindex=\"-1\" sandbox=\"allow-same-origin\" referrerpolicy=\"no-referrer\" title=\""_html +
         say(texts.reply_awake) + "\" src=\""_html + escape(path) + "\"></iframe>\n"_html;
}

}  // namespace

std::string reply_page(const Look& look, const ReplyPage& page) {
  const Texts& texts = portal::texts(look.language);
  const bool troubled = page.trouble != ReplyPage::Trouble::none;
  const Markup fields = text_field(texts, page) + file_field(texts, page) + "<div class=\"finish\">\n"_html +
                        button(texts.reply_send) + link(page.back_path, say(texts.reply_back)) + "\n</div>\n"_html;
  return framed(look, {.title = title_of(texts, troubled, say(texts.reply_title)),
                       .main = "<article class=\"card\">\n<div class=\"top\">\n<h1>"_html + say(texts.reply_title) +
                               "</h1>\n</div>\n"_html + head(texts, page) + "<div class=\"write\">\n"_html +
                               alert(what_is_wrong(texts, page.trouble)) + form(page.send, fields) +
                               keep_awake(texts, page.awake_path) + "</div>\n</article>\n"_html,
                       .width = Width::wide});
}

std::string awake_page(Language language) {
  const Texts& texts = portal::texts(language);
  return (document_head(texts.language, say(texts.reply_awake), {}) + "<body class=\"narrow\">\n<main>\n<h1>"_html +
          say(texts.reply_awake) + "</h1>\n</main>\n</body>\n</html>\n"_html)
      .str();
}

std::string sent_page(const Look& look, const SentPage& page) {
  const Texts& texts = portal::texts(look.language);
  return framed(look, {.title = say(texts.sent.heading),
                       .main = "<section class=\"card\">\n<div class=\"emblem\">"_html + icons::sent_letter() +
                               "</div>\n<h1>"_html + say(texts.sent.heading) + "</h1>\n<p class=\"lead\">"_html +
                               say(texts.sent.text) + "</p>\n<p>"_html + link(page.back_path, say(texts.reply_back)) +
                               "</p>\n</section>\n"_html});
}

}  // namespace postern::portal
