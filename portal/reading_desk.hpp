// Where a visitor who has opened a message reads it: the pages that show it, its attachments and the message itself. A
// message is read once in a session, and what is shown of it is kept; files go out in pieces. How much of all this may
// be in memory is bounded, for everybody and for one session: who takes answers and does not fetch them has used up
// their own room, and others read on.
//
//   const auto reading = desk.read(asked);        // or the answer that says why not
//   return desk.show(asked, read);
#pragma once

#include <expected>
#include <memory>

#include "base/byte_budget.hpp"
#include "base/current.hpp"
#include "net/http_server.hpp"
#include "portal/message_view.hpp"
#include "portal/pages.hpp"
#include "portal/requests.hpp"
#include "portal/safe_html.hpp"
#include "portal/store.hpp"

namespace postern::portal {

struct Session;

struct Reading {
  MessageView view;
  SafeHtml html;  // of view.html
  ByteBudget::Reservation kept = {};
};

inline constexpr std::uint64_t room_of_session = 32U << 20;  // octets of answers

/// A session's.
struct ReadingPlace {
  Current<Reading> reading{nullptr};  // where there was room for it
  ByteBudget answers{room_of_session};
};

class ReadingDesk {
 public:
  explicit ReadingDesk(Store& store);

  struct Asked {
    const Session& session;
    const FoundPickup& found;
    const Look& look;
  };
  template <class T>
  using Or = std::expected<T, net::HttpResult>;
  [[nodiscard]] Or<std::shared_ptr<const Reading>> read(const Asked& asked);
  [[nodiscard]] net::HttpResult show(const Asked& asked, const Read& read);

 private:
  [[nodiscard]] Or<std::string> content(const Asked& asked);
  [[nodiscard]] Or<net::HttpResult> answer(const Asked& asked, const Read& read);
  [[nodiscard]] Or<net::HttpResult> part(const Asked& asked, const AttachmentView& part, bool shown);
  [[nodiscard]] net::HttpPieces pieces(const Asked& asked, const Place& place, std::uint64_t size);

  Store& store_;
  ByteBudget answers_, readings_, opened_;
};

}  // namespace postern::portal
