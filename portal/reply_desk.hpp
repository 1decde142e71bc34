// Where a visitor who has opened a message answers it: the form, and what is done with what it brings. It is sealed
// before anything of it is kept, and waits in the store until posternd has it.
//
//   desk.room_for(announced)              // before the body of such a form is read
//   desk.form(asked, false)               // the page to write on
//   desk.send(asked, call)                // kept: on to /read/sent; or the form again, and why
#pragma once

#include "base/byte_budget.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "net/http_server.hpp"
#include "portal/happenings.hpp"
#include "portal/message_view.hpp"
#include "portal/pages.hpp"
#include "portal/sessions.hpp"
#include "portal/store.hpp"
#include "portal/throttles.hpp"

namespace postern::portal {

class ReplyDesk {
 public:
  ReplyDesk(Store& store, Happenings& happenings, const Clock& clock, Random& random);

  /// A reply is in memory as it came, in base64, and sealed: room is kept for all of that.
  [[nodiscard]] net::HttpRoom room_for(std::uint64_t announced);

  struct Asked {
    const Session& session;
    const Look& look;
    const MessageView& message;  // that is answered
  };
  [[nodiscard]] net::HttpResult form(const Asked& asked, bool to_all) const;
  [[nodiscard]] net::HttpResult send(const Asked& asked, const net::HttpCall& call);
  [[nodiscard]] net::HttpResult sent(const Look& look) const;
  /// Asked by the form's page while it is open, a few hours at most: writing takes longer than a session lasts.
  [[nodiscard]] net::HttpResult awake(Language language, std::size_t turn) const;
  void forget_old() { often_.forget_old(clock_.now()); }

 private:
  [[nodiscard]] ReplyPage page_for(const Asked& asked, bool to_all) const;

  Store& store_;
  Happenings& happenings_;
  const Clock& clock_;
  Random& random_;
  ByteBudget uploads_;
  Throttles often_;  // by pick-up
};

}  // namespace postern::portal
