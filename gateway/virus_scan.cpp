#include "gateway/virus_scan.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "gateway/conversations.hpp"
#include "net/local_listener.hpp"

namespace postern::gateway {
namespace {

constexpr std::size_t piece = 64U << 10, longest_answer = 4096, longest_name = 100;

/// Big-endian, before each piece; zero ends them.
std::string length_of(std::size_t octets) {
  std::string length;
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    length += static_cast<char>(octets >> shift & 0xffU);
  return length;
}

net::awaitable<void> send_in_pieces(net::Stream& stream, std::string_view octets) {
  co_await stream.write(std::string_view("zINSTREAM\0", 10));
  for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size()))) {
    const std::string_view next = octets.substr(0, piece);
    const std::string length = length_of(next.size());
    co_await stream.write(length);
    co_await stream.write(next);
  }
  const std::string end = length_of(0);
  co_await stream.write(end);
}

net::awaitable<std::string> read_answer(net::Stream& stream) {
  std::string answer;
  std::array<char, 512> some{};
  while (answer.size() < longest_answer && !answer.contains('\0')) {
    const std::size_t got = co_await stream.read_some(some);
    if (got == 0) break;
    answer.append(some.data(), got);
  }
  co_return answer.substr(0, answer.find('\0'));
}

/// A signature's name is a peer's text.
std::string cleaned(std::string_view name) {
  std::string clean(name.substr(0, longest_name));
  std::ranges::replace_if(
      clean, [](char c) { return !is_alphanumeric(c) && !std::string_view("._-").contains(c); }, '_');
  return clean.empty() ? "something" : clean;
}

Result<std::string> judgement_of(std::string_view answer) {
  constexpr std::string_view about = "stream: ", found = " FOUND";
  if (answer == "stream: OK") return std::string();
  if (answer.starts_with(about) && answer.ends_with(found) && answer.size() > about.size() + found.size())
    return cleaned(answer.substr(about.size(), answer.size() - about.size() - found.size()));
  if (answer.starts_with("INSTREAM size limit exceeded"))
    return fail(Errc::limit, "the message is longer than the scanner takes (clamd's StreamMaxLength)");
  return fail(Errc::unavailable, "the scanner could not read it");
}

net::awaitable<Result<std::string>> ask_scanner(const VirusConfig& config, const Readable body) {
  if (!body) co_return fail(Errc::corrupt, "it cannot be read back");
  try {
    const auto stream = co_await net::dial_local(*config.socket, config.timeout);
    stream->expires_after(config.timeout);
    co_return co_await ask_clamd(*stream, body->bytes());
  } catch (const net::Broken& broken) {
    co_return fail(Errc::unavailable, std::string("the scanner cannot be asked: ") + broken.what());
  }
}

void hold(std::vector<mail::Verdict>& verdicts, const std::string& rule, const std::string& reason) {
  for (mail::Verdict& verdict : verdicts) {
    verdict.action = std::max(verdict.action, mail::Action::quarantine);
    verdict.why.push_back({rule, reason, mail::Action::quarantine, false, {}});
  }
}

}  // namespace

net::awaitable<Result<std::string>> ask_clamd(net::Stream& stream, std::string_view octets) {
  try {
    co_await send_in_pieces(stream, octets);
  } catch (const net::TimedOut&) {
    throw;
  } catch (const net::Broken&) {  // it hangs up on what is too long, and has said why
  }
  const std::string answer = co_await read_answer(stream);
  co_return judgement_of(answer);
}

net::awaitable<void> scan_for_viruses(Services& services, const mail::Envelope& envelope, Readable body,
                                      std::vector<mail::Verdict>& verdicts) {
  const VirusConfig& config = services.config.virus;
  const bool is_reply = envelope.peer.listener == reply_listener;
  if (!config.socket || (config.scan == VirusScan::replies && !is_reply)) co_return;
  const Result<std::string> found = co_await ask_scanner(config, std::move(body));
  if (found && found->empty()) co_return;
  if (found) {
    log::warning("{}: the virus scanner found {}; it is held", envelope.id.str(), *found);
    hold(verdicts, "virus", "The virus scanner found " + *found);
    co_return;
  }
  const bool held = config.trouble == ScanTrouble::hold;
  log::error("{} was not scanned for viruses{}: {}", envelope.id.str(), held ? " and is held" : "", found.error().text);
  if (held) hold(verdicts, "not-scanned", "It could not be scanned for viruses");
}

}  // namespace postern::gateway
