// Writes every page of the portal in every state and language into a folder, laid out as their links have it.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "portal/pages_factors.hpp"
#include "portal/responses.hpp"
#include "tests/portal/page_samples.hpp"

namespace {

void write(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

/// What the portal sends with a page, with the frame's content, and with a file for all: a field a line.
void write_fields(const std::filesystem::path& path, const postern::net::HttpResult& result) {
  std::string lines;
  for (const auto& [name, value] : result.fields)
    lines += name + ": " + value + "\n";
  write(path, lines);
}

constexpr std::string_view logo =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32"><circle cx="16" cy="16" r="16" fill="#0b5c6b"/><g fill="none" stroke="#fff" stroke-width="2.5" stroke-linecap="round"><path d="M16 7.5v8M12 11.5h8"/><path d="M6.5 20.5c3.2-2.6 6.3-2.6 9.5 0s6.3 2.6 9.5 0"/><path d="M9 25.5c2.4-1.8 4.7-1.8 7 0s4.6 1.8 7 0"/></g></svg>
)";

}  // namespace

int main(int count, char** arguments) {
  using namespace postern;
  if (count != 2) {
    std::cerr << "usage: portal_preview FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = arguments[1];
  const portal::Brand clinic = test::clinic();
  write(folder / "style.css", portal::style_sheet());
  write(folder / "passkey.js", portal::passkey_script());
  write(folder / "icon.svg", portal::icon());
  write(folder / "brand" / "clinic.css", portal::brand_style(clinic));
  write(folder / "brand" / "clinic.svg", logo);
  write_fields(folder / "fields" / "page", portal::page(""));
  write_fields(folder / "fields" / "scripted", portal::scripted_page(""));
  write_fields(folder / "fields" / "frame", portal::framed_page(""));
  write_fields(folder / "fields" / "js", portal::asset("", "text/javascript; charset=utf-8"));
  write_fields(folder / "fields" / "css", portal::asset("", "text/css; charset=utf-8"));
  write_fields(folder / "fields" / "svg", portal::asset("", "image/svg+xml"));
  for (const portal::Language language : test::all_languages) {
    write(folder / test::language_code(language) / "image.svg", logo);
    for (const test::PageSample& page : test::page_samples({clinic, language})) {
      write(folder / test::language_code(language) / (page.name + ".html"), page.html);
    }
  }
}
