// Any octets as what a browser says to the whole portal, inside TLS: net::serve_http over Site, with mail that waits in
// a store in memory. Five control characters stand for what a browser knows and nobody could guess:
//
//   \x1c  the lookup in the link    \x1d  the link's secret    \x1e  the last code that was mailed
//   \x1f  the cookie that was set last     \x1b  the ticket to choose a password
//   octet 0: which of the messages waits; how the rest is cut; its highest bit: it takes a password
//
// Cut otherwise the octets lead to the same answers, but for a last refusal. Of each answer: what a GET does leaves no
// trace; nothing of a message is seen without its opening; its fields are whole lines, and those that protect are
// there.
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/base64.hpp"
#include "crypto/pickup_key.hpp"
#include "fuzz/target.hpp"
#include "fuzz/words.hpp"
#include "portal/responses.hpp"
#include "portal/site.hpp"
#include "tests/support/run.hpp"
#include "tests/support/spool_room.hpp"
#include "tests/support/streams.hpp"

using namespace postern;
using namespace postern::portal;
using fuzz::require;

FUZZ_WORDS(
    "GET POST HEAD HTTP/1.1 Host secure.clinic.example Content-Type application/x-www-form-urlencoded Content-Length "
    "Transfer-Encoding chunked Connection close Expect 100-continue Cookie __Host-postern Origin Sec-Fetch-Site "
    "same-origin none Accept-Language de fr es link code open /m/ /code /open /read /read/text /read/html /read/print "
    "/read/original /read/attachment/0 /read/image/1 /read/reply /read/reply-all /read/sent /read/awake/0 "
    "/sign-in /choose password again ticket tulip+violin+harbour /read/sign-in /new-app /new-passkey /ask-remove "
    "which app /add-app digits /ask-password /password chosen "
    "multipart/form-data boundary=b --b Content-Disposition form-data name=\"text\" name=\"file\" filename=\"a\" /end "
    "/style.css /icon.svg /robots.txt /brand/clinic.css "
    "/brand/clinic/logo 0 1 2 3 18446744073709551615")

namespace {

constexpr std::size_t largest = 8192;  // of an input
constexpr std::string_view mark = "A-WORD-IN-THE-BODY";

constexpr std::array<std::string_view, 2> messages = {
    "From: Ann <ann@clinic.example>\r\nTo: bob@lab.example\r\nSubject: "
    "A-WORD-IN-THE-BODY\r\n\r\nA-WORD-IN-THE-BODY\r\n",
    "From: \"<script>alert(1)</script>\" <ann@clinic.example>\r\nTo: bob@lab.example\r\nSubject: <script>\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
    "<script>alert(1)</script><p onclick=x>A-WORD-IN-THE-BODY<img src=cid:i>\r\n--b\r\nContent-Type: image/png\r\n"
    "Content-ID: <i>\r\n\r\nPNG A-WORD-IN-THE-BODY\r\n--b\r\nContent-Type: text/html\r\nContent-Disposition: "
    "attachment;\r\n"
    " filename*=UTF-8''..%2F..%0D%0ASet-Cookie:%20a=b%22;.html\r\n\r\n<script>A-WORD-IN-THE-BODY\r\n--b--\r\n"};

/// What has been deposited, once for all inputs.
struct Waiting {
  test::TurnedClock clock;
  test::SeededRandom random;
  Secret link = crypto::make_key(random), content = crypto::make_key(random);
  std::string secret = format_base64url(link.text());
  FoundPickup found;
  std::string chunk;
  bool takes_password;

  Waiting(std::string_view message, bool with_password) : takes_password(with_password) {
    found.deposit = QueueId::make(clock.now(), random);
    found.tenant = "clinic";
    found.expires = clock.now() + std::chrono::hours(24);
    found.size = message.size();
    found.chunks = 1;
    found.pickup = make_pickup(found.deposit, make_lookup(random), link, content,
                               {"bob@lab.example", "en", true, {"eve@lab.example"}}, random,
                               takes_password ? Besides(*lock_for({"bob", {}}, random)) : Besides());
    chunk = crypto::seal_chunk(content, content_label(found.deposit, 0, 1), message);
  }
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const Waiting& waiting) : waiting_(waiting), found_(waiting.found) {}

  Result<FoundPickup> find(const std::string& lookup) override {
    if (lookup != found_.pickup.lookup) return fail(Errc::not_found, "no such pick-up");
    return found_;
  }
  Result<std::optional<Account>> account(const std::string& name) override {
    require(name == "bob");
    return account_;
  }
  Result<void> keep_account(Account& account, std::optional<EventKind>, const std::string&) override {
    require(account.version == (account_ ? account_->version : 0));  // one browser: nobody else can have changed it
    ++account.version;
    ++events;
    account_ = account;
    return {};
  }
  Result<void> replace(const QueueId&, const Pickup& pickup) override {
    require(account_.has_value());
    found_.pickup = pickup;
    return {};
  }
  Result<std::string> chunk(const QueueId&, std::uint32_t) override { return waiting_.chunk; }
  Result<void> opened(const std::string&) override {
    ++openings;
    return {};
  }
  Result<void> record(EventKind, const std::string&) override {
    ++events;
    return {};
  }

  Result<void> keep_reply(const Sealing& sealing) override {
    ++events;
    const auto opened = open_reply(crypto::reply_root(waiting_.link), sealing.reply, sealing.chunks);
    require(opened && sealing.reply.lookup == waiting_.found.pickup.lookup);
    require(opened->entity.starts_with("Content-Type: ") && opened->subject.starts_with("Re: "));
    for (const std::string& chunk : sealing.chunks)
      require(chunk.find(mark) == std::string::npos);
    return {};
  }

  // Nothing of these is a browser's.
  Result<bool> is_kept(const QueueId&) override { std::abort(); }
  Result<void> keep(const Deposit&, const std::vector<std::string>&) override { std::abort(); }
  Result<void> begin(const Deposit&) override { std::abort(); }
  Result<void> add(const QueueId&, std::uint32_t, const std::vector<std::string>&) override { std::abort(); }
  Result<void> finish(const QueueId&) override { std::abort(); }
  Result<void> revoke(const std::vector<std::string>&) override { std::abort(); }
  Result<void> tend() override { std::abort(); }
  Result<std::vector<PortalEvent>> events_after(std::uint64_t, std::size_t) override { std::abort(); }
  Result<void> forget_events(std::uint64_t) override { std::abort(); }
  Result<State> state() override { std::abort(); }
  Result<void> extend(const QueueId&, Time) override { std::abort(); }
  Result<std::vector<SealedReply>> waiting_replies(std::size_t) override { std::abort(); }
  Result<std::string> reply_chunk(const QueueId&, std::uint32_t) override { std::abort(); }
  Result<void> drop_reply(const QueueId&) override { std::abort(); }
  Result<std::vector<std::string>> account_halves(const std::vector<std::string>&) override { std::abort(); }

  unsigned openings = 0, events = 0;

 private:
  const Waiting& waiting_;
  FoundPickup found_;
  std::optional<Account> account_;
};

/// What the browser has been told so far.
struct Known {
  std::string lookup, secret, code, cookie, ticket;
};
constexpr std::string_view told =
    "\x1b\x1c\x1d\x1e\x1f";  // stand for the ticket, the lookup, the secret, code and cookie

class Browser final : public test::QuietStream {
 public:
  Browser(std::string_view octets, std::uint8_t cut, const Known& known) : left_(octets), cut_(cut), known_(known) {}

  net::awaitable<std::size_t> read_some(std::span<char> into) override {
    if (due_.empty() && !left_.empty()) {
      due_ = word(left_.front());
      left_.remove_prefix(due_.empty() ? 0 : 1);
      if (due_.empty()) {
        const std::size_t plain = std::min(left_.find_first_of(told), left_.size());
        due_ = left_.substr(0, plain);
        left_.remove_prefix(plain);
      }
    }
    const std::size_t count = std::min({into.size(), due_.size(), cut_ == 0 ? due_.size() : std::size_t(cut_)});
    std::copy_n(due_.begin(), count, into.begin());
    due_.erase(0, count);
    co_return count;
  }
  net::awaitable<void> write(std::string_view octets) override {
    said += octets;
    co_return;
  }

  std::string said;  // to the browser

 private:
  /// Never empty for one of `told`.
  [[nodiscard]] std::string word(char c) const {
    const auto or_dash = [](const std::string& text) { return text.empty() ? std::string("-") : text; };
    switch (c) {
      case '\x1c': return known_.lookup;
      case '\x1d': return known_.secret;
      case '\x1e': return or_dash(known_.code);
      case '\x1f': return or_dash(known_.cookie);
      case '\x1b': return or_dash(known_.ticket);
      default: return {};
    }
  }

  std::string_view left_;
  std::size_t cut_;
  const Known& known_;
  std::string due_;
};

bool is_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

std::string field(const net::HttpResult& result, std::string_view wanted) {
  const auto found =
      std::ranges::find(result.fields, wanted, [](const auto& one) -> std::string_view { return one.first; });
  return found == result.fields.end() ? std::string() : found->second;
}

/// "" where the page has none.
std::string ticket_in(std::string_view page) {
  constexpr std::string_view before = "name=\"ticket\" value=\"";
  const std::size_t at = page.find(before);
  if (at == page.npos) return {};
  const std::string_view rest = page.substr(at + before.size());
  return std::string(rest.substr(0, rest.find('"')));
}

void check_fields(const net::HttpResult& result) {
  for (const auto& [name, value] : result.fields)
    require(is_line(name) && is_line(value) && !name.empty());
  for (const auto* name : {"Content-Security-Policy", "Strict-Transport-Security", "Cache-Control"})
    require(!field(result, name).empty());
  require(field(result, "X-Content-Type-Options") == "nosniff");
  const bool is_page = field(result, "Content-Type").starts_with("text/html");
  const bool is_download = field(result, "Content-Disposition").starts_with("attachment");
  // One script, and it is ours: on pages that ask for passkeys alone.
  constexpr std::string_view script = "<script", ours = "<script src=\"/passkey.js\" defer></script>";
  const bool may_run = field(result, "Content-Security-Policy").find("script-src") != std::string::npos;
  const std::size_t at = result.body.find(script);
  if (!is_page || is_download || at == std::string::npos) return;
  require(may_run && std::string_view(result.body).substr(at).starts_with(ours));
  require(result.body.find(script, at + 1) == std::string::npos);
}

SiteOptions options() {
  SiteOptions options;
  options.host = "secure.clinic.example";
  options.neutral.name = "Secure mail";
  options.brands["clinic"].name = "Riverside Clinic";
  options.password_cost = {32, 1, 4};
  options.logos.emplace("clinic", asset("<svg/>", "image/svg+xml"));
  return options;
}

class Visit {
 public:
  explicit Visit(const Waiting& waiting) : waiting_(waiting), store_(waiting) {
    known_.secret = waiting.secret;
    known_.lookup = waiting.found.pickup.lookup;
  }

  std::string talk(std::string_view octets, std::uint8_t cut) {
    Browser browser(octets, cut, known_);
    net::HttpLimits limits;
    limits.body = [this](const net::HttpCall& head, std::uint64_t announced) {
      return site_.room_for(head, announced);
    };
    test::run(net::serve_http(
        browser, limits, [this](net::HttpCall call) -> net::awaitable<net::HttpResult> { co_return answer(call); },
        [this](unsigned status, const net::HttpCall& head) { return site_.misunderstood(status, head); }));
    return browser.said;
  }

 private:
  /// The code; or where it takes a password the ticket of a page that the code led to, or the password that was chosen.
  [[nodiscard]] bool has_shown_enough(const net::HttpCall& call) const {
    const auto says = [&call](const std::string& word) {
      return !word.empty() && call.body.find(word) != std::string::npos;
    };
    if (!waiting_.takes_password) return says(known_.code);
    const bool signs_in = call.path.ends_with("/sign-in") || call.path.ends_with("/second");
    return signs_in ? !known_.ticket.empty() : says(known_.ticket);
  }

  net::HttpResult answer(const net::HttpCall& call) {
    const unsigned openings = store_.openings, events = store_.events;
    net::HttpResult result = site_.answer(call);
    check_fields(result);
    const auto codes = happenings_.take_codes(waiting_.clock.now(), 10);
    if (!codes.empty()) known_.code = codes.back().code;
    if (store_.openings > openings) require(has_shown_enough(call));
    const bool leads_to_choice = call.path.ends_with("/open") || call.path.ends_with("/choose");
    if (const std::string ticket = ticket_in(result.body); leads_to_choice && !ticket.empty()) {
      require(call.path.ends_with("/choose") || call.body.find(known_.code) != std::string::npos);
      known_.ticket = ticket;
    }
    if (call.method != "POST") require(codes.empty() && store_.openings == openings && store_.events == events);
    const std::string cookie = field(result, "Set-Cookie");
    if (!cookie.empty()) {
      require(cookie.starts_with(session_cookie) && (store_.openings > openings || call.path == "/end"));
      require(cookie.find("; Secure; HttpOnly; SameSite=Strict") != std::string::npos);
      known_.cookie = cookie.substr(0, cookie.find(';'));
    }
    const bool shows = result.more || result.body.find(mark) != std::string::npos;
    if (shows) require(store_.openings > 0 && (call.method != "POST" || call.path == reply_path));
    if (call.host != "secure.clinic.example") require(result.status == 421);
    return result;
  }

  const Waiting& waiting_;
  test::SeededRandom random_{2};
  MemoryStore store_;
  Happenings happenings_;
  Known known_;
  Site site_{options(), store_, happenings_, waiting_.clock, random_};
};

/// What ends in the middle of a header section is refused where its bad line was seen, else left without a word.
bool is_same(std::string_view one, std::string_view other) {
  if (one.size() > other.size()) std::swap(one, other);
  const std::string_view more = other.substr(one.size());
  return other.starts_with(one) && (more.empty() || more.starts_with("HTTP/1.1 4") || more.starts_with("HTTP/1.1 505"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > largest) return 0;
  static const std::array<Waiting, 4> waiting = {Waiting(messages[0], false), Waiting(messages[1], false),
                                                 Waiting(messages[0], true), Waiting(messages[1], true)};
  const Waiting& one = waiting.at((data[0] & 1U) | (data[0] >> 6U & 2U));
  const std::string_view octets = fuzz::text(data, size).substr(1);
  const std::string whole = Visit(one).talk(octets, 0);
  require(is_same(whole, Visit(one).talk(octets, static_cast<std::uint8_t>(1U + (data[0] >> 1U & 63U)))));
  return 0;
}
