// SMTP dialogues as files (tests/cases/smtp/{server,client}/*.txt), and the stream that plays the other side.
//
//   # a comment                set name value          options of the session, see the test that runs it
//   C: what the client sends   S: what the server sends
//   ...                        between lines of one side: they come in two segments, else in one
//   TLS                        a handshake that works; TLS-INCAPABLE, TLS-RESET: one that does not
//   CLOSE  RESET  TIMEOUT      what the next read of ours finds
//   anything else "word: …"    expectations, see the test
//
// A line has its CRLF added unless it ends with \c. Escapes: \r \n \t \0 \xHH \\. A line of our side that
// ends with * needs to agree up to there. Our side is held to the order of the file: it may not write before
// its turn, so that a case shows when replies are flushed.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/streams.hpp"

namespace postern::test {

struct Step {
  enum class Kind { theirs, ours, tls, tls_incapable, tls_reset, close, reset, timeout } kind = Kind::theirs;
  std::string text;
  std::size_t line = 0;
};

struct Dialogue {
  std::vector<Step> steps;
  std::vector<std::pair<std::string, std::string>> settings;
  std::map<std::string, std::vector<std::string>> expectations;  // by their word
};

/// `ours`: 'C' or 'S'. Throws std::runtime_error that names the line.
[[nodiscard]] Dialogue load_dialogue(const std::filesystem::path& path, char ours);
[[nodiscard]] std::string unescape(std::string_view text);
/// All cases of a folder, by name.
[[nodiscard]] std::vector<std::filesystem::path> case_files(std::string_view folder);

class ScriptedStream final : public QuietStream {
 public:
  explicit ScriptedStream(std::vector<Step> steps) : steps_(std::move(steps)) {}

  net::awaitable<std::size_t> read_some(std::span<char> into) override;
  net::awaitable<void> write(std::string_view bytes) override;

  net::TlsSession session = good_tls();
  /// After the session: what did not go as the file says; empty: nothing.
  [[nodiscard]] std::string trouble();

 protected:
  net::TlsSession handshake() override;

 private:
  void match_ours();
  [[noreturn]] void complain(const std::string& what);
  [[nodiscard]] std::string where() const;

  std::vector<Step> steps_;
  std::size_t at_ = 0;
  std::string written_;
  std::string trouble_;
};

}  // namespace postern::test
