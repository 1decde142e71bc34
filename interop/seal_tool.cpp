// The sealing parts of crypto/ for the tests of this folder: a message on standard input, a message on standard output.
// It decides nothing: it seals to whatever it is told.
//
//   seal_tool cut <letter.eml
//   seal_tool smime --sign ann.pem ann.key clear --encrypt cbc bob.pem <letter.eml
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "interop/seal_command.hpp"
#include "mail/entity.hpp"

namespace postern::interop {

Result<std::string> load_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::not_found, "cannot be read: " + path);
  return std::string(std::istreambuf_iterator(in), {});
}

Result<std::string> cut(Words, std::string_view message) {
  return mail::cut_entity(message).inner;
}

namespace {

Result<std::string> run(Words words, std::string_view message) {
  const std::string command = take(words);
  if (command == "cut") return cut(std::move(words), message);
  if (command == "smime") return seal_smime(std::move(words), message);
  return fail(Errc::invalid, "commands: cut, smime");
}

}  // namespace
}  // namespace postern::interop

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::string message(std::istreambuf_iterator(std::cin), {});
  const auto made = postern::interop::run({argv + 1, argv + argc}, message);
  if (!made) {
    std::cerr << "seal_tool: " << made.error().text << "\n";
    return 1;
  }
  std::cout << *made << std::flush;
  return 0;
}
