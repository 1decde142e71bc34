#include "portal/reply_desk.hpp"

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "portal/file_name.hpp"
#include "portal/form_data.hpp"
#include "portal/reply_entity.hpp"
#include "portal/requests.hpp"
#include "portal/responses.hpp"
#include "portal/shown_text.hpp"

namespace postern::portal {
namespace {

constexpr std::uint64_t room_of_one_octet = 5, all_room = 300ULL << 20;
constexpr std::size_t form_around = 64U << 10;                  // octets: boundaries, names
constexpr std::size_t most_parts = 100, longest_subject = 200;  // characters of the subject
constexpr unsigned replies_at_once = 10;
constexpr Duration one_more_reply = std::chrono::minutes(5);
constexpr std::size_t awake_turns = 45;
constexpr std::chrono::seconds between_turns = std::chrono::minutes(4);
static_assert(between_turns < session_lifetime);

/// As a form says it.
struct Written {
  std::string text;
  bool to_all = false;
  std::vector<ReplyFile> files;
  [[nodiscard]] bool empty() const { return files.empty() && trimmed(text, " \t\r\n").empty(); }
};

std::optional<Written> read_form(const net::HttpCall& call) {
  const auto parts = parse_form_data(call.field("content-type"), call.body, most_parts);
  if (!parts) return std::nullopt;
  Written written;
  for (const FormPart& part : *parts) {
    if (part.name == "text") written.text = shown_text(part.content);
    if (part.name == "all") written.to_all = part.content == "1";
    if (part.name != "file" || !part.file_name || part.file_name->empty()) continue;
    written.files.push_back({safe_file_name(*part.file_name, usual_file_name(part.type)), part.type, part.content});
  }
  return written;
}

}  // namespace

ReplyDesk::ReplyDesk(Store& store, Happenings& happenings, const Clock& clock, Random& random)
    : store_(store),
      happenings_(happenings),
      clock_(clock),
      random_(random),
      uploads_(all_room),
      often_(replies_at_once, one_more_reply) {}

net::HttpRoom ReplyDesk::room_for(std::uint64_t announced) {
  constexpr std::uint64_t most = largest_reply + form_around;
  if (announced != UINT64_MAX && announced > most) return {most};
  auto kept = uploads_.reserve(room_of_one_octet * std::min(announced, most));
  if (!kept) return {0, 503};
  return {std::min(announced, most), 413, std::make_shared<ByteBudget::Reservation>(std::move(kept))};
}

ReplyPage ReplyDesk::page_for(const Asked& asked, bool to_all) const {
  ReplyPage page;
  page.to.push_back(asked.message.from);
  if (to_all)
    for (const std::string& other : asked.session.card.others)
      page.to.push_back({"", other});
  page.subject = reply_subject(asked.message.subject);
  page.largest = largest_reply;
  page.send = {std::string(reply_path), {}, true};
  if (to_all) page.send.hidden.emplace_back("all", "1");
  page.back_path = "/read";
  page.awake_path = "/read/awake/0";
  return page;
}

net::HttpResult ReplyDesk::form(const Asked& asked, bool to_all) const {
  return page(reply_page(asked.look, page_for(asked, to_all)));
}

net::HttpResult ReplyDesk::send(const Asked& asked, const net::HttpCall& call) {
  const auto written = read_form(call);
  if (!written) return page(lost_page(asked.look, Lost::bad_request), 400);
  const auto again = [&](ReplyPage::Trouble trouble, unsigned status) {
    ReplyPage shown = page_for(asked, written->to_all);
    shown.text = written->text;
    shown.trouble = trouble;
    return page(reply_page(asked.look, shown), status);
  };
  if (written->empty()) return again(ReplyPage::Trouble::empty, 422);
  if (!often_.allow(asked.session.lookup, clock_.now())) return again(ReplyPage::Trouble::too_often, 429);
  Letter letter;
  letter.subject = shown_line(reply_subject(asked.message.subject), longest_subject);
  letter.to_all = written->to_all;
  letter.entity = reply_entity(written->text, written->files, random_);
  const Sealing sealing = seal_reply(asked.session.replies, asked.session.lookup, letter, clock_.now(), random_);
  if (const auto kept = store_.keep_reply(sealing); !kept) {
    if (kept.error().code == Errc::not_found) return page(lost_page(asked.look, Lost::no_message), 404);
    log::error("portal: a reply cannot be kept: {}", kept.error().text);
    return again(ReplyPage::Trouble::busy, 503);
  }
  happenings_.stored();
  return see_other("/read/sent");
}

net::HttpResult ReplyDesk::sent(const Look& look) const {
  return page(sent_page(look, {"/read"}));
}

net::HttpResult ReplyDesk::awake(Language language, std::size_t turn) const {
  net::HttpResult result = framed_page(awake_page(language));
  if (turn < awake_turns) {
    result.fields.emplace_back("Refresh",
                               std::to_string(between_turns.count()) + "; url=/read/awake/" + std::to_string(turn + 1));
  }
  return result;
}

}  // namespace postern::portal
