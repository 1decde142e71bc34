// A Receiver that writes down what it is told, checks that the calls come in protocol order, and answers as a
// test says.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/parameters.hpp"
#include "smtp/server_session.hpp"

namespace postern::smtp {

class Recorder final : public Receiver {
 public:
  net::awaitable<mail::Reply> start(const mail::Peer& peer) override {
    demand(!open_, "start inside a transaction");
    log.push_back("start" + std::string(peer.helo.empty() ? "" : " " + peer.helo) + (peer.esmtp ? " esmtp" : "") +
                  (peer.tls.encrypted() ? " tls" : ""));
    co_return answer(log.back());
  }
  net::awaitable<mail::Reply> mail(const mail::ReversePath& from, const mail::MailParameters& parameters) override {
    demand(!open_, "mail inside a transaction");
    std::string line = "mail " + mail::format_path(from);
    if (parameters.size != 0) line += " size=" + std::to_string(parameters.size);
    if (parameters.eight_bit) line += " 8bit";
    if (parameters.utf8) line += " utf8";
    if (parameters.requiretls) line += " requiretls";
    line += format_dsn_parameters(parameters);
    log.push_back(line);
    const mail::Reply reply = answer(line);
    open_ = reply.positive();
    co_return reply;
  }
  net::awaitable<mail::Reply> rcpt(const mail::Address& to, const mail::RecipientParameters& parameters) override {
    demand(open_ && !in_body_, "rcpt outside of an envelope");
    log.push_back("rcpt <" + to.str() + ">" + format_dsn_parameters(parameters));
    co_return answer(log.back());
  }
  net::awaitable<mail::Reply> body_begins() override {
    demand(open_ && !in_body_, "body_begins outside of an envelope");
    log.push_back("body_begins");
    const mail::Reply reply = answer("body_begins");
    in_body_ = reply.positive();
    body_.clear();
    co_return reply;
  }
  net::awaitable<void> body(std::string_view bytes) override {
    demand(in_body_ && !bytes.empty(), "body outside of a message");
    body_ += bytes;
    co_return;
  }
  net::awaitable<mail::Reply> body_ends(const BodyNotes& notes) override {
    demand(in_body_, "body_ends outside of a message");
    std::string line = "body_ends " + std::to_string(body_.size());
    if (notes.chunked) line += " chunked";
    if (notes.bare_lf_mended > 0) line += " mended=" + std::to_string(notes.bare_lf_mended);
    if (notes.final_line_ended) line += " ended";
    log.push_back(line);
    messages.push_back(body_);
    end();
    co_return answer("body_ends");
  }
  void abandon() noexcept override {
    demand(open_, "abandon without a transaction");
    ++abandoned;
    log.emplace_back("abandon");
    end();
  }

  /// The first rule whose prefix the call has answers it; else "250 2.0.0 Ok".
  std::vector<std::pair<std::string, mail::Reply>> rules;
  /// Where set, it answers every call instead.
  std::function<mail::Reply(const std::string& call)> decide;
  std::vector<std::string> log;
  std::vector<std::string> messages;
  std::vector<std::string> violations;  // of the contract
  std::size_t abandoned = 0;
  [[nodiscard]] bool open() const { return open_; }

 private:
  void demand(bool holds, const char* violation) {
    if (!holds) violations.emplace_back(violation);
  }
  void end() { open_ = in_body_ = false; }
  [[nodiscard]] mail::Reply answer(const std::string& call) const {
    if (decide) return decide(call);
    for (const auto& [prefix, reply] : rules) {
      if (call.starts_with(prefix)) return reply;
    }
    return {250, mail::StatusCode{2, 0, 0}, "Ok"};
  }

  bool open_ = false, in_body_ = false;
  std::string body_;
};

}  // namespace postern::smtp
