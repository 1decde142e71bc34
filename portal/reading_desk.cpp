#include "portal/reading_desk.hpp"

#include "base/log.hpp"
#include "portal/part_reader.hpp"
#include "portal/responses.hpp"
#include "portal/sessions.hpp"

namespace postern::portal {
namespace {

constexpr std::uint64_t room_of_answers = 256ULL << 20, room_of_readings = 64ULL << 20;
constexpr std::uint64_t room_of_opened = 512ULL << 20, opened_octet = 2;  // a message and what is decoded of it
constexpr std::uint64_t room_of_pieces = 2 * chunk_size;                  // a piece, in base64 or in plain

std::unexpected<net::HttpResult> no_room(const Look& look) {
  net::HttpResult result = page(lost_page(look, Lost::trouble), 503);
  result.fields.emplace_back("Retry-After", "10");
  return std::unexpected(std::move(result));
}

std::unexpected<net::HttpResult> not_there(const Look& look) {
  return std::unexpected(page(lost_page(look, Lost::not_found), 404));
}

PartReader::Chunk opened_chunks(Store& store, const FoundPickup& found, const Secret& key) {
  return [&store, key, id = found.deposit, chunks = found.chunks](std::uint32_t index) -> Result<std::string> {
    const auto sealed = store.chunk(id, index);
    if (!sealed) return fail(sealed.error());
    return crypto::open_chunk(key, content_label(id, index, chunks), *sealed);
  };
}

std::string inline_image(const MessageView& view, std::string_view content_id) {
  for (const auto& [id, index] : view.inline_images)
    if (id == content_id && index < view.attachments.size()) return "/read/image/" + std::to_string(index);
  return {};
}

Reading reading_of(std::string_view content) {
  Reading reading{read_message(content), {}};
  const MessageView& view = reading.view;
  if (!view.html.empty())
    reading.html = safe_html(view.html, [&view](std::string_view id) { return inline_image(view, id); });
  return reading;
}

/// About.
std::uint64_t octets_of(const Reading& reading) {
  constexpr std::uint64_t around = 16U << 10, of_attachment = 512;
  return around + reading.view.text.size() + reading.view.html.size() + reading.html.body.str().size() +
         of_attachment * reading.view.attachments.size();
}

MessagePage page_of(const Reading& reading, const Session& session, Time until, bool as_text) {
  const Card& card = session.card;
  MessagePage page{reading.view, until};
  if (!reading.view.html.empty()) {
    page.blocked = reading.html.blocked;
    page.html_frame = "/read/html";
    page.as_text = as_text;
    page.as_text_path = "/read/text";
    page.as_html_path = "/read";
  }
  page.attachment_path = "/read/attachment";
  page.original_path = "/read/original";
  page.print_path = "/read/print";
  if (card.replies) page.reply_path = reply_path;
  if (card.replies && !card.others.empty()) page.reply_all_path = std::string(reply_path) + "-all";
  if (session.how) page.sign_in_path = sign_in_path;
  page.end = {"/end", {}};
  return page;
}

/// Until it is sent, or the connection is over.
struct Held {
  std::shared_ptr<ReadingPlace> place;  // outlives the session
  ByteBudget::Reservation of_session, of_all;
};

}  // namespace

ReadingDesk::ReadingDesk(Store& store)
    : store_(store), answers_(room_of_answers), readings_(room_of_readings), opened_(room_of_opened) {}

ReadingDesk::Or<std::string> ReadingDesk::content(const Asked& asked) {
  const FoundPickup& found = asked.found;
  const PartReader::Chunk chunk = opened_chunks(store_, found, asked.session.content);
  std::string content;
  content.reserve(found.size);
  for (std::uint32_t i = 0; i < found.chunks; ++i) {
    const auto plain = chunk(i);
    if (!plain) {
      log::error("portal: a message cannot be read: {}", plain.error().text);
      return std::unexpected(page(lost_page(asked.look, Lost::trouble), 503));
    }
    content += *plain;
  }
  return content;
}

ReadingDesk::Or<std::shared_ptr<const Reading>> ReadingDesk::read(const Asked& asked) {
  ReadingPlace& place = *asked.session.place;
  if (auto known = place.reading.get()) return known;
  const auto room = opened_.reserve_up_to(opened_octet * asked.found.size);
  if (!room) return no_room(asked.look);
  const auto octets = content(asked);
  if (!octets) return std::unexpected(octets.error());
  auto reading = std::make_shared<Reading>(reading_of(*octets));
  reading->kept = readings_.reserve(octets_of(*reading));
  if (reading->kept) place.reading.set(reading);
  return reading;
}

net::HttpResult ReadingDesk::show(const Asked& asked, const Read& read) {
  auto answered = answer(asked, read);
  if (!answered) return std::move(answered.error());
  const std::uint64_t size = answered->body.size() + (answered->more ? room_of_pieces : 0);
  auto held = std::make_shared<Held>(asked.session.place, asked.session.place->answers.reserve_up_to(size),
                                     answers_.reserve_up_to(size));
  if (!held->of_session || !held->of_all) return no_room(asked.look).error();
  answered->held = std::move(held);
  return std::move(*answered);
}

ReadingDesk::Or<net::HttpResult> ReadingDesk::answer(const Asked& asked, const Read& wanted) {
  using What = Read::What;
  const FoundPickup& found = asked.found;
  if (wanted.what == What::original) {
    net::HttpResult result = download("", "message/rfc822", "message.eml");
    result.more = pieces(asked, {0, found.size}, found.size);
    return result;
  }
  const auto reading = read(asked);
  if (!reading) return std::unexpected(reading.error());
  const Reading& shown = **reading;
  const bool as_text = wanted.what != What::message;
  switch (wanted.what) {
    case What::message:
    case What::as_text: return page(message_page(asked.look, page_of(shown, asked.session, found.expires, as_text)));
    case What::print: return page(print_page(asked.look, page_of(shown, asked.session, found.expires, as_text)));
    case What::html: return framed_page(frame_page(asked.look.language, shown.html.body));
    case What::attachment:
    case What::image:
    case What::original: break;
  }
  if (wanted.index >= shown.view.attachments.size()) return not_there(asked.look);
  return part(asked, shown.view.attachments[wanted.index], wanted.what == What::image);
}

ReadingDesk::Or<net::HttpResult> ReadingDesk::part(const Asked& asked, const AttachmentView& part, bool shown) {
  if (shown && !is_image(part.type)) return not_there(asked.look);
  net::HttpResult result = shown ? image("", part.type) : download("", part.type, part.name);
  if (part.place) {
    result.more = pieces(asked, *part.place, part.size);
    return result;
  }
  const auto room = opened_.reserve_up_to(opened_octet * asked.found.size);
  if (!room) return no_room(asked.look);
  const auto octets = content(asked);
  if (!octets) return std::unexpected(octets.error());
  auto decoded = part_content(*octets, part.index);
  if (!decoded) return not_there(asked.look);
  result.body = std::move(*decoded);
  return result;
}

net::HttpPieces ReadingDesk::pieces(const Asked& asked, const Place& place, std::uint64_t size) {
  auto reader = std::make_shared<PartReader>(opened_chunks(store_, asked.found, asked.session.content), place);
  return {size, [reader] { return reader->next(); }};
}

}  // namespace postern::portal
