#include "tests/smtp/dialogue.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace postern::test {
namespace {

const std::map<std::string, Step::Kind, std::less<>> marks = {{"TLS", Step::Kind::tls},
                                                              {"TLS-INCAPABLE", Step::Kind::tls_incapable},
                                                              {"TLS-RESET", Step::Kind::tls_reset},
                                                              {"CLOSE", Step::Kind::close},
                                                              {"RESET", Step::Kind::reset},
                                                              {"TIMEOUT", Step::Kind::timeout}};

std::string visible(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c == '\r' ? "\\r" : c == '\n' ? "\\n" : std::string(1, c);
  return out;
}

std::string line_bytes(std::string_view text) {
  if (text.ends_with("\\c")) return unescape(text.substr(0, text.size() - 2));
  return unescape(text) + "\r\n";
}

/// Length of what `written` agrees with, 0 where it does not (yet).
std::size_t agreement(std::string_view expected, std::string_view written) {
  if (!expected.ends_with("*\r\n")) return written.starts_with(expected) ? expected.size() : 0;
  const std::size_t end = written.find("\r\n");
  const std::string_view start = expected.substr(0, expected.size() - 3);
  return end != std::string_view::npos && written.substr(0, end).starts_with(start) ? end + 2 : 0;
}

/// What the file says on one line, added to the dialogue. `apart`: "..." stood before it.
void add_line(Dialogue& dialogue, const std::string& line, std::size_t number, char ours, bool apart) {
  if (const auto mark = marks.find(line); mark != marks.end()) {
    dialogue.steps.push_back({mark->second, "", number});
    return;
  }
  if (line.starts_with("set ")) {
    const std::size_t blank = std::min(line.find(' ', 4), line.size());
    dialogue.settings.emplace_back(line.substr(4, blank - 4), line.substr(std::min(blank + 1, line.size())));
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) throw std::runtime_error("line " + std::to_string(number) + " means nothing");
  const std::string word = line.substr(0, colon);
  const std::string text = line.substr(std::min(colon + 2, line.size()));
  if (word != "C" && word != "S") {
    dialogue.expectations[word].push_back(text);
    return;
  }
  const auto kind = word[0] == ours ? Step::Kind::ours : Step::Kind::theirs;
  const bool same_segment = kind == Step::Kind::theirs && !apart && !dialogue.steps.empty() &&
                            dialogue.steps.back().kind == Step::Kind::theirs;
  if (same_segment) {
    dialogue.steps.back().text += line_bytes(text);
  } else {
    dialogue.steps.push_back({kind, line_bytes(text), number});
  }
}

}  // namespace

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'r': out += '\r'; break;
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case '0': out += '\0'; break;
      case 'x':
        out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      default: out += text[i];
    }
  }
  return out;
}

Dialogue load_dialogue(const std::filesystem::path& path, char ours) {
  std::ifstream file(path);
  Dialogue dialogue;
  bool apart = false;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line.starts_with("#")) continue;
    if (line != "...") add_line(dialogue, line, number, ours, apart);
    apart = line == "...";
  }
  if (dialogue.steps.empty()) throw std::runtime_error("an empty dialogue");
  return dialogue;
}

std::vector<std::filesystem::path> case_files(std::string_view folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(SOURCE_DIR "/tests/cases/smtp") / folder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::string ScriptedStream::where() const {
  return at_ < steps_.size() ? "line " + std::to_string(steps_[at_].line) : "after the last line";
}

void ScriptedStream::complain(const std::string& what) {
  if (trouble_.empty()) trouble_ = where() + ": " + what;
  throw net::Broken("the script was left");
}

void ScriptedStream::match_ours() {
  while (at_ < steps_.size() && steps_[at_].kind == Step::Kind::ours) {
    const std::size_t length = agreement(steps_[at_].text, written_);
    if (length == 0) return;
    written_.erase(0, length);
    ++at_;
  }
}

net::awaitable<void> ScriptedStream::write(std::string_view bytes) {
  written_ += bytes;
  match_ours();
  co_return;
}

net::awaitable<std::size_t> ScriptedStream::read_some(std::span<char> into) {
  if (!written_.empty()) complain("we wrote \"" + visible(written_) + "\"");
  if (at_ == steps_.size()) co_return 0;
  Step& step = steps_[at_];
  switch (step.kind) {
    case Step::Kind::theirs: {
      const std::size_t count = std::min(into.size(), step.text.size());
      std::copy_n(step.text.begin(), count, into.begin());
      step.text.erase(0, count);
      if (step.text.empty()) ++at_;
      co_return count;
    }
    case Step::Kind::close: ++at_; co_return 0;
    case Step::Kind::reset: ++at_; throw net::Broken("connection reset");
    case Step::Kind::timeout: ++at_; throw net::TimedOut("no answer in time");
    case Step::Kind::ours:
    case Step::Kind::tls:
    case Step::Kind::tls_incapable:
    case Step::Kind::tls_reset: complain("we read, but it is for us to act");
  }
  co_return 0;
}

net::TlsSession ScriptedStream::handshake() {
  if (!written_.empty()) complain("we wrote \"" + visible(written_) + "\"");
  if (at_ == steps_.size()) complain("a handshake");
  switch (steps_[at_].kind) {
    case Step::Kind::tls: ++at_; return session;
    case Step::Kind::tls_incapable: ++at_; throw net::TlsFailed("no protocols in common", true);
    case Step::Kind::tls_reset: ++at_; throw net::TlsFailed("connection reset", false);
    case Step::Kind::theirs:
    case Step::Kind::ours:
    case Step::Kind::close:
    case Step::Kind::reset:
    case Step::Kind::timeout: complain("a handshake");
  }
  return {};
}

std::string ScriptedStream::trouble() {
  if (!trouble_.empty()) return trouble_;
  if (!written_.empty()) return where() + ": we wrote \"" + visible(written_) + "\"";
  if (at_ < steps_.size()) return where() + ": not reached";
  return closed ? "" : "the stream was not shut down";
}

}  // namespace postern::test
