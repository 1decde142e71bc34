// What every page has around it, and the small pieces that several are made of.
#pragma once

#include <string>

#include "portal/pages.hpp"
#include "portal/texts.hpp"

namespace postern::portal {

enum class Width { narrow, wide, paper };

struct Page {
  Markup title;  // said before the tenant's name
  Markup main;
  Width width = Width::narrow;
  Markup tools = {};  // in the header, at its end
};
/// The whole document.
[[nodiscard]] std::string framed(const Look& look, const Page& page);

/// The first lines of a document up to its body, for one that has no frame.
[[nodiscard]] Markup document_head(const Words& language, const Markup& title, std::string_view brand_style_path);

/// Before the title of a page that says what went wrong stands that it does.
[[nodiscard]] Markup title_of(const Texts& texts, bool troubled, const Markup& title);
/// What sends a form.
[[nodiscard]] Markup button(const Words& words);
/// A form that posts, with its hidden fields before `inside`.
[[nodiscard]] Markup form(const Form& form, const Markup& inside);
[[nodiscard]] Markup link(std::string_view path, const Markup& inside);
/// What there is to do on a page that asks for one thing.
[[nodiscard]] Markup card(const Markup& icon, const Markup& heading, const Markup& rest);
/// What went wrong, as a screen reader says at once; its id is "trouble". Nothing of nothing.
[[nodiscard]] Markup alert(const Markup& what);
/// A name, and the address beside it.
[[nodiscard]] Markup person(const Correspondent& who);
/// Text in whatever direction it is written, which does not change that of what surrounds it.
[[nodiscard]] Markup isolated(std::string_view text);
[[nodiscard]] Markup emphasised(std::string_view text);

}  // namespace postern::portal
