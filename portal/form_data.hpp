// A form with files in it as browsers send it: multipart/form-data (RFC 7578; names as WHATWG HTML §4.10.22.8 writes
// them). Strict and without copies: what a browser would not send is no form.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::portal {

struct FormPart {
  std::string name;
  std::optional<std::string> file_name;  // of a field for files; empty where none was chosen. Not a safe name
  std::string type;                      // as the browser calls it: anything; empty: it does not say
  std::string_view content;              // of the body that was parsed
};

/// `content_type` is the request's. Nothing where it is another type, or the body is not exactly one, or has more parts
/// than `most`.
[[nodiscard]] std::optional<std::vector<FormPart>> parse_form_data(std::string_view content_type, std::string_view body,
                                                                   std::size_t most);

}  // namespace postern::portal
