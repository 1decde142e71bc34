// The message: to be read, to be printed, and its HTML body in a frame of its own.
#include <algorithm>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "portal/icons.hpp"
#include "portal/page_frame.hpp"

namespace postern::portal {
namespace {

// Who, to whom, when

Markup row(const Words& label, const Markup& what) {
  return "<div><dt>"_html + say(label) + "</dt>"_html + what + "</div>\n"_html;
}

Markup people(const Words& label, const std::vector<Correspondent>& list) {
  if (list.empty()) return {};
  Markup all;
  for (const Correspondent& one : list)
    all += "<dd>"_html + person(one) + "</dd>"_html;
  return row(label, all);
}

Markup envelope(const Texts& texts, const MessageView& message) {
  return "<dl class=\"envelope\">\n"_html + people(texts.from, {message.from}) +
         (message.reply_to ? people(texts.reply_to, {*message.reply_to}) : Markup()) + people(texts.to, message.to) +
         people(texts.cc, message.cc) +
         (message.date ? row(texts.date, "<dd>"_html + moment_of(texts, *message.date) + "</dd>"_html) : Markup()) +
         "</dl>\n"_html;
}

Markup subject(const Texts& texts, const MessageView& message) {
  return "<h1 dir=\"auto\">"_html + (message.subject.empty() ? say(texts.no_subject) : escape(message.subject)) +
         "</h1>\n"_html;
}

/// The sender's first letter.
Markup initial(const Correspondent& from) {
  const std::string_view text = from.name.empty() ? from.address : from.name;
  return "<span class=\"initial\" aria-hidden=\"true\">"_html + escape(text.substr(0, utf8_character(text))) +
         "</span>\n"_html;
}

// Attachments

/// "pdf" of "report.pdf": what a short ASCII file extension says, or nothing.
std::string_view extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos) return {};
  const std::string_view extension = name.substr(dot + 1);
  return extension.size() <= 4 && std::ranges::all_of(extension, is_alphanumeric) ? extension : std::string_view();
}

Markup facts(const Texts& texts, const AttachmentView& attachment) {
  return "<span class=\"facts\">"_html + kind_of(texts, attachment.type) + ", "_html + size_of(texts, attachment.size) +
         "</span>"_html;
}

Markup badge(std::string_view extension) {
  return "<span class=\"badge\" aria-hidden=\"true\">"_html + (extension.empty() ? icons::sheet() : escape(extension)) +
         "</span>"_html;
}

Markup attachment_link(const Texts& texts, const AttachmentView& attachment, std::string_view path) {
  return "<li><a href=\""_html + escape(path) + "/"_html + escape(std::to_string(attachment.index)) +
         "\" download>"_html + badge(extension_of(attachment.name)) + "<span class=\"what\"><bdi class=\"name\">"_html +
         escape(attachment.name) + "</bdi> "_html + facts(texts, attachment) + "</span>"_html + icons::download() +
         "</a></li>\n"_html;
}

Markup attachments(const Texts& texts, const MessageView& message, const Markup& items) {
  if (message.attachments.empty()) return {};
  return "<section class=\"attachments\" aria-labelledby=\"attachments\">\n<h2 id=\"attachments\">"_html +
         say(texts.attachments, message.attachments.size()) + "</h2>\n<ul>\n"_html + items + "</ul>\n</section>\n"_html;
}

Markup attachments_to_download(const Texts& texts, const MessageView& message, std::string_view path) {
  Markup items;
  for (const AttachmentView& one : message.attachments)
    items += attachment_link(texts, one, path);
  return attachments(texts, message, items);
}

Markup attachments_on_paper(const Texts& texts, const MessageView& message) {
  Markup items;
  for (const AttachmentView& one : message.attachments) {
    items += "<li><bdi class=\"name\">"_html + escape(one.name) + "</bdi> "_html + facts(texts, one) + "</li>\n"_html;
  }
  return attachments(texts, message, items);
}

// The body

Markup text_body(const Texts& texts, const MessageView& message) {
  if (message.text.empty()) return "<p class=\"quiet\">"_html + say(texts.no_text) + "</p>\n"_html;
  return "<div class=\"text\" dir=\"auto\">"_html + escape(message.text) + "</div>\n"_html;
}

/// Its own scroll bar, since nothing can measure it: a frame without scripts of its own has the height that we give it.
/// Without allow-same-origin its images and its style sheet would be asked for without the session's cookie, and
/// Cross-Origin-Resource-Policy would keep them from it. What makes the frame harmless is that allow-scripts is not
/// there.
Markup html_body(const Texts& texts, std::string_view path) {
  return "<iframe class=\"mail\" sandbox=\"allow-same-origin allow-popups allow-popups-to-escape-sandbox\" "
         "referrerpolicy=\"no-referrer\" "
         "title=\""_html +
         say(texts.body) + "\" src=\""_html + escape(path) + "\"></iframe>\n"_html;
}

Markup view(const Words& name, std::string_view path, bool current) {
  const Markup mark = current ? " aria-current=\"true\""_html : Markup();
  return "<li><a href=\""_html + escape(path) + "\""_html + mark + ">"_html + say(name) + "</a></li>\n"_html;
}

Markup views(const Texts& texts, const MessagePage& page) {
  if (page.html_frame.empty() || page.message.text.empty()) return {};
  return "<nav class=\"views\" aria-label=\""_html + say(texts.views) + "\">\n<ul>\n"_html +
         view(texts.formatted, page.as_html_path, !page.as_text) +
         view(texts.as_text, page.as_text_path, page.as_text) + "</ul>\n</nav>\n"_html;
}

Markup note(const Markup& icon, const Markup& what) {
  return "<p class=\"note\">"_html + icon + "<span>"_html + what + "</span></p>\n"_html;
}

Markup body(const Texts& texts, const MessagePage& page) {
  const bool as_html = !page.html_frame.empty() && !page.as_text;
  return "<section class=\"body\" aria-labelledby=\"body\">\n<h2 id=\"body\" class=\"unseen\">"_html + say(texts.body) +
         "</h2>\n"_html + views(texts, page) +
         (as_html && page.blocked > 0 ? note(icons::shield(), say(texts.blocked, page.blocked)) : Markup()) +
         (page.message.cut ? note(icons::warning(), say(texts.cut)) : Markup()) +
         (as_html ? html_body(texts, page.html_frame) : text_body(texts, page.message)) + "</section>\n"_html;
}

Markup actions(const Texts& texts, const MessagePage& page) {
  const auto item = [](std::string_view path, const Markup& icon, const Words& name) {
    return "<li>"_html + link(path, icon + say(name)) + "</li>\n"_html;
  };
  return "<nav class=\"actions\" aria-label=\""_html + say(texts.actions) + "\">\n<ul>\n"_html +
         (page.reply_path ? item(*page.reply_path, icons::reply(), texts.reply) : Markup()) +
         (page.reply_all_path ? item(*page.reply_all_path, icons::reply_all(), texts.reply_all) : Markup()) +
         item(page.original_path, icons::download(), texts.download) +
         item(page.print_path, icons::printer(), texts.print) + "</ul>\n</nav>\n"_html;
}

Markup sign_in(const Texts& texts, const MessagePage& page) {
  if (!page.sign_in_path) return {};
  return "<p class=\"quiet until\">"_html + link(*page.sign_in_path, say(texts.factors.sign_in_title)) + "</p>\n"_html;
}

}  // namespace

std::string message_page(const Look& look, const MessagePage& page) {
  const Texts& texts = portal::texts(look.language);
  const MessageView& message = page.message;
  return framed(look, {.title = say(texts.message_title),
                       .main = "<article class=\"card\">\n<div class=\"top\">\n"_html + initial(message.from) +
                               subject(texts, message) + "</div>\n"_html + envelope(texts, message) +
                               actions(texts, page) + attachments_to_download(texts, message, page.attachment_path) +
                               body(texts, page) + "</article>\n<p class=\"quiet until\">"_html +
                               say(texts.keep_until, day_of(texts, page.until)) + "</p>\n"_html + sign_in(texts, page),
                       .width = Width::wide,
                       .tools = form(page.end, "<button type=\"submit\" class=\"second\">"_html + say(texts.end) +
                                                   "</button>\n"_html)});
}

std::string print_page(const Look& look, const MessagePage& page) {
  const Texts& texts = portal::texts(look.language);
  const MessageView& message = page.message;
  return framed(look, {.title = say(texts.message_title),
                       .main = "<article>\n"_html + subject(texts, message) + envelope(texts, message) +
                               attachments_on_paper(texts, message) +
                               (message.cut ? note(icons::warning(), say(texts.cut)) : Markup()) +
                               text_body(texts, message) + "</article>\n"_html,
                       .width = Width::paper});
}

std::string frame_page(Language language, const Markup& body) {
  const Texts& texts = portal::texts(language);
  // The body can be scrolled by keyboard where it can be focused.
  return (document_head(texts.language, say(texts.body), {}) + "<body class=\"mail\">\n<main tabindex=\"0\">\n"_html +
          body + "\n</main>\n</body>\n</html>\n"_html)
      .str();
}

}  // namespace postern::portal
