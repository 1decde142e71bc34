// A receiving host that answers each command: well, or as a test says.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/streams.hpp"

namespace postern::test {

inline std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

class FakeMx final : public QuietStream {
 public:
  std::string greeting = "220 mx.example ESMTP\r\n";
  bool offer_starttls = true, offer_pipelining = true, offer_chunking = false, offer_eight_bit = true;
  bool offer_requiretls = false;               // inside TLS
  std::string limits;                          // what LIMITS says
  std::map<std::string, std::string> replies;  // by verb, "." for the final dot; else the usual ones

  std::vector<std::string> commands;  // as they came
  std::string message;                // inside DATA, dots and all; of chunks, as they were
  bool mail_in_clear = false, mail_in_tls = false;
  bool kept = false;  // it answered 250 to a message, whether or not that was read

  [[nodiscard]] bool seen(std::string_view verb) const {
    return std::ranges::any_of(commands, [verb](const std::string& line) { return line.starts_with(verb); });
  }

  net::awaitable<std::size_t> read_some(std::span<char> into) override {
    if (!greeted_) out_ += greeting;
    greeted_ = true;
    // With nothing to say and nothing asked, a real host would be silent until our patience ends.
    if (out_.empty()) throw net::TimedOut("no answer in time");
    const std::size_t count = std::min(into.size(), out_.size());
    std::copy_n(out_.begin(), count, into.begin());
    out_.erase(0, count);
    co_return count;
  }
  net::awaitable<void> write(std::string_view bytes) override {
    in_ += bytes;
    hear_chunk();
    for (std::size_t end = in_.find("\r\n"); end != std::string::npos; end = in_.find("\r\n")) {
      const std::string line = in_.substr(0, end);
      in_.erase(0, end + 2);
      hear(line);
      hear_chunk();
    }
    co_return;
  }

 protected:
  net::TlsSession handshake() override {
    if (!out_.empty()) throw net::TlsFailed("wrong version number", true);
    tls_ = true;
    return good_tls();
  }

 private:
  void hear(const std::string& line) {
    if (in_data_) return hear_body(line);
    commands.push_back(line);
    const std::string verb = upper(line.substr(0, line.find(' ')));
    if (verb == "MAIL") (tls_ ? mail_in_tls : mail_in_clear) = true;
    const auto told = replies.find(verb);
    const std::string reply = told != replies.end() ? told->second : usual(verb);
    in_data_ = verb == "DATA" && reply.starts_with("354");
    if (verb == "BDAT" && reply.starts_with("250")) {  // else what follows is taken for commands, as some do
      chunk_left_ = std::stoul(line.substr(5));
      chunk_ = true;
      last_chunk_ = line.ends_with(" LAST");
      return;
    }
    out_ += reply;
  }
  /// RFC 3030 §2
  void hear_chunk() {
    if (!chunk_) return;
    const std::size_t taken = std::min(chunk_left_, in_.size());
    message += in_.substr(0, taken);
    in_.erase(0, taken);
    chunk_left_ -= taken;
    if (chunk_left_ > 0) return;
    chunk_ = false;
    if (last_chunk_) return end_message();
    out_ += "250 chunk\r\n";
  }
  void hear_body(const std::string& line) {
    if (line != ".") {
      message += line + "\r\n";
      return;
    }
    in_data_ = false;
    end_message();
  }
  void end_message() {
    const auto told = replies.find(".");
    const std::string reply = told != replies.end() ? told->second : "250 2.0.0 kept\r\n";
    kept = reply.starts_with("250");
    out_ += reply;
  }
  [[nodiscard]] std::string usual(const std::string& verb) const {
    if (verb == "EHLO") {
      return std::string("250-mx.example\r\n") + (offer_starttls && !tls_ ? "250-STARTTLS\r\n" : "") +
             (offer_requiretls && tls_ ? "250-REQUIRETLS\r\n" : "") + (offer_pipelining ? "250-PIPELINING\r\n" : "") +
             (offer_chunking ? "250-CHUNKING\r\n" : "") + (limits.empty() ? "" : "250-LIMITS " + limits + "\r\n") +
             (offer_eight_bit ? "250-8BITMIME\r\n" : "") + "250 HELP\r\n";
    }
    if (verb == "STARTTLS") return "220 go\r\n";
    if (verb == "DATA") return "354 go\r\n";
    if (verb == "QUIT") return "221 bye\r\n";
    return "250 ok\r\n";
  }

  std::string in_, out_;
  bool greeted_ = false, in_data_ = false, tls_ = false;
  bool chunk_ = false, last_chunk_ = false;
  std::size_t chunk_left_ = 0;
};

}  // namespace postern::test
