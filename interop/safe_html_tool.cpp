// safe_html_tool FOLDER FILE…: each file's HTML as the portal would show it, into FOLDER under the same name; for
// test_portal_html.py. Its images are to be had at /image.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "portal/safe_html.hpp"

int main(int count, char** words) {
  for (int i = 2; i < count; ++i) {
    const std::filesystem::path file(words[i]);
    std::ifstream in(file, std::ios::binary);
    const std::string html(std::istreambuf_iterator<char>(in), {});
    const auto safe = postern::portal::safe_html(html, [](std::string_view) { return "/image"; });
    std::ofstream out(std::filesystem::path(words[1]) / file.filename(), std::ios::binary);
    out << safe.body.str();
    if (!in || !out.flush()) return 1;
  }
  return count > 2 ? 0 : 2;
}
