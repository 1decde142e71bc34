// The story of a visit: a request in, an answer out. Blocking (the store, decryption, reading the message): called on a
// pool.
//
//   Site site({"secure.clinic.example", brands}, store, happenings, clock, random);
//   net::HttpResult result = site.answer(call);
//
// A GET has no effect. A link that is wrong, expired, revoked or unknown gets one page, after the same work.
#pragma once

#include <map>
#include <string>

#include "portal/account_desk.hpp"
#include "portal/codes.hpp"
#include "portal/factor_desk.hpp"
#include "portal/happenings.hpp"
#include "portal/reading_desk.hpp"
#include "portal/reply_desk.hpp"
#include "portal/requests.hpp"
#include "portal/sessions.hpp"
#include "portal/store.hpp"
#include "portal/throttles.hpp"
#include "portal/unlocking.hpp"

namespace postern::portal {

struct SiteOptions {
  std::string host;                     // of our URL: requests for another are turned away
  std::map<std::string, Brand> brands;  // by tenant
  std::map<std::string, net::HttpResult> logos;
  Brand neutral;  // where it is not known whose message it would be
  crypto::Argon2Cost password_cost = {};
  std::string origin = {};  // of our URL, as browsers say it to passkeys; empty: https://<host>
};

class Site {
 public:
  Site(SiteOptions options, Store& store, Happenings& happenings, const Clock& clock, Random& random);
  [[nodiscard]] net::HttpResult answer(const net::HttpCall& call);
  /// For what is not HTTP, or more than we take.
  [[nodiscard]] net::HttpResult misunderstood(unsigned status, const net::HttpCall& head) const;
  /// For a request's body. Whoever has opened nothing has nothing to send that is long.
  [[nodiscard]] net::HttpRoom room_for(const net::HttpCall& head, std::uint64_t announced);
  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
  /// Codes, sessions and buckets whose time is over. Every minute.
  void forget_old();

 private:
  struct Visit;    // a request and what it is about
  struct Reached;  // what a link opened
  struct Handle;   // an action to its answer

  [[nodiscard]] std::optional<Reached> reach(const Link& link);
  [[nodiscard]] Entry entry_of(const Link& link, const Reached& reached) const;
  [[nodiscard]] Look look_of(const std::string& tenant, Language language) const;
  [[nodiscard]] net::HttpResult lost(Lost why, Language language) const;
  [[nodiscard]] net::HttpResult show_way_in(const Link& link, const Reached& reached) const;
  [[nodiscard]] net::HttpResult show_passphrase_page(const Link& link, const Reached& reached,
                                                     PassphrasePage::Trouble trouble) const;
  [[nodiscard]] net::HttpResult show_code_page(const Link& link, const Reached& reached, CodePage page) const;

  SiteOptions options_;
  Store& store_;
  Happenings& happenings_;
  const Clock& clock_;
  Codes codes_;
  Throttles codes_for_;  // by mailbox, whatever the messages
  Unlocking unlocking_;
  Sessions sessions_;
  Throttles tries_;
  PasswordTries passwords_;
  FactorDesk factors_;
  AccountDesk accounts_;
  ReadingDesk reading_;
  ReplyDesk replies_;
  Secret decoy_;
};

}  // namespace postern::portal
