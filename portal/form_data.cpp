#include "portal/form_data.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "mail/media_type.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t longest_boundary = 70;  // RFC 2046 §5.1.1
constexpr std::size_t longest_header = 4096;

std::optional<std::string> boundary_of(std::string_view content_type) {
  const auto type = mail::parse_media_type(content_type);
  if (!type || type->type != "multipart/form-data") return std::nullopt;
  const auto boundary = type->parameter("boundary");
  if (!boundary || boundary->empty() || boundary->size() > longest_boundary) return std::nullopt;
  return std::string(*boundary);
}

/// The quoted value of `name="…"`: in it browsers write quotes and line ends as %22, %0D and %0A, and nothing else.
std::optional<std::string> quoted(std::string_view& rest, std::string_view name) {
  const std::string begin = "; " + std::string(name) + "=\"";
  if (!rest.starts_with(begin)) return std::nullopt;
  rest.remove_prefix(begin.size());
  const std::size_t end = rest.find('"');
  if (end == std::string_view::npos) return std::nullopt;
  std::string value(rest.substr(0, end));
  rest.remove_prefix(end + 1);
  for (const auto& [written, meant] : {std::pair("%22", "\""), std::pair("%0D", "\r"), std::pair("%0A", "\n")})
    for (std::size_t at = 0; (at = value.find(written, at)) != std::string::npos; ++at)
      value.replace(at, 3, meant);
  return value;
}

bool read_disposition(std::string_view value, FormPart& part) {
  constexpr std::string_view form_data = "form-data";
  if (!value.starts_with(form_data)) return false;
  value.remove_prefix(form_data.size());
  auto name = quoted(value, "name");
  if (!name || name->empty()) return false;
  part.name = std::move(*name);
  if (value.empty()) return true;
  part.file_name = quoted(value, "filename");
  return part.file_name && value.empty();
}

bool read_header(std::string_view header, FormPart& part) {
  bool disposed = false;
  while (!header.empty()) {
    const std::size_t end = header.find("\r\n");
    const std::string_view line = header.substr(0, end);
    header.remove_prefix(end == std::string_view::npos ? header.size() : end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string name = lowered(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "content-disposition") {
      if (disposed || !read_disposition(value, part)) return false;
      disposed = true;
    } else if (name == "content-type") {
      part.type = std::string(value);
    }
  }
  return disposed;
}

}  // namespace

std::optional<std::vector<FormPart>> parse_form_data(std::string_view content_type, std::string_view body,
                                                     std::size_t most) {
  const auto boundary = boundary_of(content_type);
  if (!boundary) return std::nullopt;
  const std::string first = "--" + *boundary, next = "\r\n" + first;
  if (!body.starts_with(first)) return std::nullopt;
  body.remove_prefix(first.size());
  std::vector<FormPart> parts;
  while (body.starts_with("\r\n")) {
    if (parts.size() == most) return std::nullopt;
    body.remove_prefix(2);
    const std::size_t blank = body.substr(0, longest_header).find("\r\n\r\n");
    if (blank == std::string_view::npos) return std::nullopt;
    FormPart part;
    if (!read_header(body.substr(0, blank), part)) return std::nullopt;
    body.remove_prefix(blank + 4);
    const std::size_t end = body.find(next);
    if (end == std::string_view::npos) return std::nullopt;
    part.content = body.substr(0, end);
    parts.push_back(std::move(part));
    body.remove_prefix(end + next.size());
  }
  if (body != "--\r\n" && body != "--") return std::nullopt;
  return parts;
}

}  // namespace postern::portal
