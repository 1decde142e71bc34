// Fields for passwords, the same on every page that asks for one.
#pragma once

#include <string>
#include <string_view>

#include "portal/markup.hpp"
#include "portal/password.hpp"
#include "portal/texts.hpp"

namespace postern::portal {

struct PasswordField {
  std::string_view name, autocomplete;
  bool first = false;  // to be filled in
  Markup hint = {};
  bool troubled = false;  // what the page's alert says is about this one
};
[[nodiscard]] Markup password_field(const Markup& label, const PasswordField& field);
/// Whoever keeps passwords for people wants to know whose they are: the same name on every page.
[[nodiscard]] Markup username_field(const std::string& masked);
/// Of one that was chosen.
[[nodiscard]] Markup what_is_wrong(const Texts& texts, PasswordFault fault);

}  // namespace postern::portal
