#include "portal/site.hpp"

#include <optional>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "crypto/pickup_key.hpp"
#include "portal/responses.hpp"

namespace postern::portal {
namespace {

constexpr unsigned tries_at_once = 60;
constexpr Duration one_more_try = std::chrono::seconds(2);
constexpr unsigned codes_at_once = 20;  // to one mailbox of a tenant, for all of its messages
constexpr Duration one_more_code = std::chrono::minutes(3);

unsigned status_of(Lost why) {
  switch (why) {
    case Lost::no_message:
    case Lost::not_found: return 404;
    case Lost::session_over: return 403;
    case Lost::ended: return 200;
    case Lost::too_many: return 429;
    case Lost::bad_request: return 400;
    case Lost::too_large: return 413;
    case Lost::trouble: return 503;
  }
  return 500;
}

unsigned seconds_of(Duration wait) {
  return static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(wait).count());
}

}  // namespace

struct Site::Reached {
  FoundPickup found;
  Opened opened;
};

struct Site::Visit {
  const net::HttpCall& call;
  Language language;  // of the browser: until a card says better
};

Site::Site(SiteOptions options, Store& store, Happenings& happenings, const Clock& clock, Random& random)
    : options_(std::move(options)),
      store_(store),
      happenings_(happenings),
      clock_(clock),
      codes_(random),
      codes_for_(codes_at_once, one_more_code),
      sessions_(random),
      tries_(tries_at_once, one_more_try),
      factors_({options_.host, options_.origin.empty() ? "https://" + options_.host : options_.origin}, store,
               happenings, sessions_, passwords_, clock, random),
      accounts_(store, happenings, passwords_, factors_, clock, random, options_.password_cost),
      reading_(store),
      replies_(store, happenings, clock, random),
      decoy_(crypto::make_key(random)) {}

Look Site::look_of(const std::string& tenant, Language language) const {
  const auto found = options_.brands.find(tenant);
  return {found == options_.brands.end() ? options_.neutral : found->second, language};
}

net::HttpResult Site::lost(Lost why, Language language) const {
  return page(lost_page({options_.neutral, language}, why), status_of(why));
}

net::HttpResult Site::misunderstood(unsigned status, const net::HttpCall& head) const {
  Lost why = Lost::bad_request;
  if (status == 403) why = Lost::session_over;
  if (status == 413) why = Lost::too_large;
  if (status == 503) why = Lost::trouble;
  return page(lost_page({options_.neutral, preferred_language(head.field("accept-language"))}, why), status);
}

net::HttpRoom Site::room_for(const net::HttpCall& head, std::uint64_t announced) {
  if (head.method != "POST" || head.path != reply_path) return {longest_form};
  const auto session = sessions_.find(session_of(head), clock_.now());
  if (!session || !session->card.replies) return {0, 403};
  return replies_.room_for(announced);
}

/// For a pick-up that is not there, something else is tried to be opened: the answer's time does not say which it was.
std::optional<Site::Reached> Site::reach(const Link& link) {
  auto found = store_.find(link.lookup);
  if (!found) {
    if (found.error().code != Errc::not_found)
      log::warning("portal: a pick-up cannot be looked up: {}", found.error().text);
    const QueueId nobody;
    const Pickup decoy{link.lookup, std::string(16, '\0'), std::string(40, '\0'), std::string(80, '\0')};
    (void)open_pickup(nobody, decoy, decoy_);
    return std::nullopt;
  }
  auto opened = open_pickup(found->deposit, found->pickup, link.secret);
  if (!opened) return std::nullopt;
  return Reached{std::move(*found), std::move(*opened)};
}

Entry Site::entry_of(const Link& link, const Reached& reached) const {
  const Card& card = reached.opened.card;
  return {link, reached.found, card, look_of(reached.found.tenant, parse_language(card.language))};
}

/// What the card asks for.
net::HttpResult Site::show_way_in(const Link& link, const Reached& reached) const {
  const Card& card = reached.opened.card;
  if (card.passphrase) return show_passphrase_page(link, reached, PassphrasePage::Trouble::none);
  const Entry entry = entry_of(link, reached);
  if (card.account)
    if (auto shown = accounts_.way_in(entry)) return std::move(*shown);
  return page(wait_page(
      entry.look, {masked(card.recipient), reached.found.expires, form_to(link, "code"), card.account.has_value()}));
}

net::HttpResult Site::show_passphrase_page(const Link& link, const Reached& reached,
                                           PassphrasePage::Trouble trouble) const {
  const Card& card = reached.opened.card;
  const Look look = look_of(reached.found.tenant, parse_language(card.language));
  const bool slow_down = trouble == PassphrasePage::Trouble::too_many;
  net::HttpResult result =
      page(passphrase_page(look, {masked(card.recipient), reached.found.expires, form_to(link, "unlock"), trouble}),
           slow_down ? 429 : 200);
  if (slow_down) result.fields.emplace_back("Retry-After", "60");
  return result;
}

net::HttpResult Site::show_code_page(const Link& link, const Reached& reached, CodePage shown) const {
  shown.then_password = reached.opened.card.account.has_value();
  shown.recipient = masked(reached.opened.card.recipient);
  shown.open = form_to(link, "open");
  shown.send_again = form_to(link, "code");
  const Language language = parse_language(reached.opened.card.language);
  return page(code_page(look_of(reached.found.tenant, language), shown));
}

struct Site::Handle {
  Site& site;
  const Visit& visit;

  net::HttpResult operator()(const Land& land) const {
    const auto reached = site.reach(land.link);
    if (!reached) return site.lost(Lost::no_message, visit.language);
    return site.show_way_in(land.link, *reached);
  }

  net::HttpResult operator()(const SendCode& send) const {
    const auto reached = site.reach(send.link);
    if (!reached) return site.lost(Lost::no_message, visit.language);
    if (reached->opened.card.passphrase) return site.show_way_in(send.link, *reached);
    const Time now = site.clock_.now();
    const std::string mailbox = reached->found.tenant + " " + lowered(reached->opened.card.recipient);
    const bool too_soon = site.codes_.wait(send.link.lookup, now) > Duration();  // costs the mailbox nothing
    const bool may_send = too_soon || site.codes_for_.allow(mailbox, now);
    const std::variant<std::string, Codes::Wait> issued =
        may_send ? site.codes_.issue(send.link.lookup, now) : Codes::Wait{one_more_code};
    CodePage shown;
    if (const auto* wait = std::get_if<Codes::Wait>(&issued)) {
      shown.trouble = CodePage::Trouble::wait;
      shown.wait_seconds = seconds_of(wait->time);
    } else if (!site.happenings_.want_code(send.link.lookup, std::get<std::string>(issued), now)) {
      return site.lost(Lost::trouble, visit.language);
    }
    return site.show_code_page(send.link, *reached, shown);
  }

  net::HttpResult operator()(const Enter& enter) const {
    const auto reached = site.reach(enter.link);
    if (!reached) return site.lost(Lost::no_message, visit.language);
    if (reached->opened.card.passphrase) return site.show_way_in(enter.link, *reached);
    const Codes::Answer checked = site.codes_.check(enter.link.lookup, enter.code, site.clock_.now());
    if (std::holds_alternative<Codes::Right>(checked)) {
      const auto& content = reached->opened.content;
      return content ? open(enter.link, *reached, *content)
                     : site.accounts_.choosing(site.entry_of(enter.link, *reached));
    }
    CodePage shown;
    if (const auto* wrong = std::get_if<Codes::Wrong>(&checked)) {
      shown.trouble = wrong->tries_left == 0 ? CodePage::Trouble::too_many : CodePage::Trouble::wrong;
      shown.tries_left = wrong->tries_left;
      site.happenings_.recorded(site.store_.record(EventKind::code_wrong, enter.link.lookup));
    } else {
      shown.trouble = CodePage::Trouble::expired;
    }
    shown.wait_seconds = seconds_of(site.codes_.wait(enter.link.lookup, site.clock_.now()));
    return site.show_code_page(enter.link, *reached, shown);
  }

  net::HttpResult operator()(const Unlock& unlock) const {
    const auto reached = site.reach(unlock.link);
    if (!reached) return site.lost(Lost::no_message, visit.language);
    const auto& how = reached->opened.card.passphrase;
    if (!how) return site.show_way_in(unlock.link, *reached);
    const Unlocking::Answer opened =
        site.unlocking_.open(reached->found.pickup, *how, unlock.link.secret, unlock.passphrase, site.clock_.now());
    if (const auto* content = std::get_if<Secret>(&opened)) return open(unlock.link, *reached, *content);
    if (const auto* error = std::get_if<Error>(&opened)) {
      log::error("portal: a passphrase cannot be tried: {}", error->text);
      return site.lost(Lost::trouble, visit.language);
    }
    using Trouble = PassphrasePage::Trouble;
    if (std::holds_alternative<Unlocking::Nothing>(opened)) return site.show_way_in(unlock.link, *reached);
    const bool wrong = std::holds_alternative<Unlocking::Wrong>(opened);
    if (wrong) site.happenings_.recorded(site.store_.record(EventKind::code_wrong, unlock.link.lookup));
    return site.show_passphrase_page(unlock.link, *reached, wrong ? Trouble::wrong : Trouble::too_many);
  }

  net::HttpResult operator()(const SignIn& in) const {
    return at_the_desk(in.link, [&](const Entry& entry) { return site.accounts_.sign_in(entry, in.password); });
  }

  net::HttpResult operator()(const Choose& choose) const {
    return at_the_desk(choose.link, [&](const Entry& entry) {
      return site.accounts_.choose(entry, choose.ticket, choose.password, choose.again);
    });
  }

  net::HttpResult operator()(const Second& second) const {
    return at_the_desk(second.link, [&](const Entry& entry) { return site.accounts_.second(entry, second); });
  }

  net::HttpResult operator()(const Read& read) const {
    return with_session([&](const Session& session, const FoundPickup& found, const Look& look) {
      return site.reading_.show({session, found, look}, read);
    });
  }

  net::HttpResult operator()(const Write& write) const {
    return with_message([&](const Session& session, const Look& look, const MessageView& message) {
      return site.replies_.form({session, look, message}, write.to_all);
    });
  }

  net::HttpResult operator()(const SendReply&) const {
    return with_message([&](const Session& session, const Look& look, const MessageView& message) {
      return site.replies_.send({session, look, message}, visit.call);
    });
  }

  net::HttpResult operator()(const Sent&) const {
    return with_session([&](const Session&, const FoundPickup&, const Look& look) { return site.replies_.sent(look); });
  }

  net::HttpResult operator()(const ShowSignIn&) const {
    return as_insider([&](const Insider& insider) { return site.factors_.show(insider); });
  }

  net::HttpResult operator()(const Change& change) const {
    return as_insider([&](const Insider& insider) { return site.factors_.change(insider, change); });
  }

  net::HttpResult operator()(const Awake& awake) const {
    return with_session([&](const Session&, const FoundPickup&, const Look& look) {
      return site.replies_.awake(look.language, awake.turn);
    });
  }

  net::HttpResult operator()(const End&) const {
    site.sessions_.end(session_of(visit.call));
    net::HttpResult result = site.lost(Lost::ended, visit.language);
    clear_session(result);
    return result;
  }

  net::HttpResult operator()(const Asset& wanted) const {
    switch (wanted.what) {
      case Asset::What::style: return asset(std::string(style_sheet()), "text/css; charset=utf-8");
      case Asset::What::icon: return asset(std::string(icon()), "image/svg+xml");
      case Asset::What::passkey_script: return asset(std::string(passkey_script()), "text/javascript; charset=utf-8");
      case Asset::What::robots: return asset("User-agent: *\nDisallow: /\n", "text/plain; charset=utf-8");
      case Asset::What::brand_style: {
        const auto found = site.options_.brands.find(wanted.tenant);
        if (found == site.options_.brands.end()) break;
        return asset(brand_style(found->second), "text/css; charset=utf-8");
      }
      case Asset::What::logo: {
        const auto found = site.options_.logos.find(wanted.tenant);
        if (found == site.options_.logos.end()) break;
        return found->second;
      }
    }
    return site.lost(Lost::not_found, visit.language);
  }

  net::HttpResult operator()(const Unknown& unknown) const { return site.lost(unknown.why, visit.language); }

 private:
  template <class Ask>
  net::HttpResult at_the_desk(const Link& link, Ask ask) const {
    const auto reached = site.reach(link);
    if (!reached) return site.lost(Lost::no_message, visit.language);
    if (!reached->opened.card.account) return site.show_way_in(link, *reached);
    Answered answered = ask(site.entry_of(link, *reached));
    if (const auto* in = std::get_if<Unlocked>(&answered)) return open(link, *reached, in->content, in->how);
    return std::get<net::HttpResult>(std::move(answered));
  }

  /// A session that the browser had before ends: nothing that was known before the proof is worth anything after it.
  net::HttpResult open(const Link& link, const Reached& reached, const Secret& content,
                       std::optional<SignedIn> how = {}) const {
    site.sessions_.end(session_of(visit.call));
    const auto token = site.sessions_.begin(
        {link.lookup, content, crypto::reply_root(link.secret), reached.opened.card, std::move(how)},
        site.clock_.now());
    if (!token) return site.lost(Lost::trouble, visit.language);
    // What cannot be put on record is not shown.
    if (const auto recorded = site.store_.opened(link.lookup); !recorded) {
      log::error("portal: an opening cannot be recorded: {}", recorded.error().text);
      site.sessions_.end(*token);
      return site.lost(Lost::trouble, visit.language);
    }
    site.happenings_.stored();
    net::HttpResult result = see_other("/read");
    set_session(result, *token);
    return result;
  }

  template <class Act>
  net::HttpResult with_session(Act act) const {
    const auto session = site.sessions_.find(session_of(visit.call), site.clock_.now());
    if (!session) return site.lost(Lost::session_over, visit.language);
    const Language language = parse_language(session->card.language);
    const auto found = site.store_.find(session->lookup);  // it may be over by now
    if (!found) return site.lost(Lost::no_message, language);
    return act(*session, *found, site.look_of(found->tenant, language));
  }

  /// Of an account.
  template <class Act>
  net::HttpResult as_insider(Act act) const {
    return with_session([&](const Session& session, const FoundPickup&, const Look& look) {
      if (!session.how) return site.lost(Lost::not_found, look.language);
      const std::string token = session_of(visit.call);
      return act({token, session, *session.how, look});
    });
  }

  /// That may be answered.
  template <class Act>
  net::HttpResult with_message(Act act) const {
    return with_session([&](const Session& session, const FoundPickup& found, const Look& look) {
      if (!session.card.replies) return site.lost(Lost::not_found, look.language);
      const auto reading = site.reading_.read({session, found, look});
      return reading ? act(session, look, (*reading)->view) : reading.error();
    });
  }
};

net::HttpResult Site::answer(const net::HttpCall& call) {
  const Visit visit{call, preferred_language(call.field("accept-language"))};
  // RFC 9110 §15.5.20: whoever calls us by another name is led by somebody else.
  if (call.host != options_.host) return page(lost_page({options_.neutral, visit.language}, Lost::not_found), 421);
  const Action action = action_of(call);
  const bool is_post = call.method == "POST";
  if ((is_post || std::holds_alternative<Land>(action)) && !tries_.allow(call.peer.address, clock_.now())) {
    net::HttpResult result = lost(Lost::too_many, visit.language);
    result.fields.emplace_back("Retry-After", "60");
    return result;
  }
  if (is_post && is_foreign(call, options_.host)) return lost(Lost::bad_request, visit.language);
  return std::visit(Handle{*this, visit}, action);
}

void Site::forget_old() {
  const Time now = clock_.now();
  codes_.forget_old(now);
  codes_for_.forget_old(now);
  unlocking_.forget_old(now);
  passwords_.forget_old(now);
  factors_.forget_old(now);
  accounts_.forget_old(now);
  sessions_.forget_old(now);
  tries_.forget_old(now);
  replies_.forget_old();
}

}  // namespace postern::portal
