#include "portal/message_view.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <gmime/gmime.h>

#include "base/ascii.hpp"
#include "mail/charset.hpp"
#include "mail/encoded_words.hpp"
#include "portal/file_name.hpp"
#include "portal/markup.hpp"
#include "portal/safe_html.hpp"
#include "portal/shown_text.hpp"

namespace postern::portal {
namespace {

constexpr unsigned deepest = 50;
constexpr std::size_t most_parts = 1'000, most_shown = 2U << 20, most_correspondents = 500;
constexpr std::size_t longest_subject = 1'000, longest_name = 200, longest_address = 320;

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

/// GMime reads address fields, those of messages inside included, by recursion into groups: "To: a:a:a:…" of some
/// 100 KiB ends the process. No list that a person wrote has so many colons.
bool nests_groups(std::string_view bytes) {
  constexpr std::size_t most_colons = 500;
  constexpr std::string_view fields =
      " from to cc bcc sender reply-to resent-from resent-to resent-cc resent-bcc "
      "resent-sender resent-reply-to ";
  bool in_field = false;
  std::size_t colons = 0;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (!line.starts_with(' ') && !line.starts_with('\t')) {
      const std::string name = " " + lowered(trimmed(line.substr(0, std::min<std::size_t>(line.find(':'), 40)))) + " ";
      in_field = fields.contains(name);
      colons = 0;
    }
    if (in_field) colons += static_cast<std::size_t>(std::ranges::count(line, ':'));
    if (colons > most_colons) return true;
  }
  return false;
}

// A message and its leaves

/// `bytes` must outlive it. GMime's array type owns what it points to, so the bytes are taken out of it again.
class Message {
 public:
  explicit Message(std::string_view bytes) {
    static std::once_flag once;
    std::call_once(once, [] { g_mime_init(); });
    array_ = g_byte_array_new_take(reinterpret_cast<guint8*>(const_cast<char*>(bytes.data())), bytes.size());
    stream_.reset(g_mime_stream_mem_new_with_byte_array(array_));
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream_.get()), FALSE);
    const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream_.get()));
    message_.reset(g_mime_parser_construct_message(parser.get(), nullptr));
  }
  ~Message() {
    message_.reset();
    stream_.reset();
    g_byte_array_steal(array_, nullptr);
    g_byte_array_unref(array_);
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  [[nodiscard]] GMimeMessage* get() const { return message_.get(); }
  [[nodiscard]] GMimeObject* top() const { return message_ ? g_mime_message_get_mime_part(message_.get()) : nullptr; }

 private:
  GByteArray* array_ = nullptr;
  Owned<GMimeStream> stream_;
  Owned<GMimeMessage> message_;
};

int count_of(GMimeObject* object) {
  return GMIME_IS_MULTIPART(object) ? g_mime_multipart_get_count(GMIME_MULTIPART(object)) : 0;
}

/// What is not taken apart: no multipart, one that holds nothing, and one that lies too deep.
bool is_leaf(GMimeObject* object, unsigned depth) {
  return count_of(object) == 0 || depth >= deepest;
}

/// In the order of the message.
struct Leaves {
  std::vector<GMimeObject*> objects;
  bool cut = false;

  void collect(GMimeObject* object, unsigned depth) {
    if (object == nullptr) return;
    if (is_leaf(object, depth)) {
      cut = cut || objects.size() == most_parts;
      if (!cut) objects.push_back(object);
      return;
    }
    for (int i = 0; i < count_of(object) && !cut; ++i)
      collect(g_mime_multipart_get_part(GMIME_MULTIPART(object), i), depth + 1);
  }
};

/// "text/plain"; a type that is no token is none.
std::string type_of(GMimeObject* object) {
  if (GMIME_IS_MULTIPART(object) || GMIME_IS_MESSAGE_PART(object)) return "message/rfc822";
  GMimeContentType* type = g_mime_object_get_content_type(object);
  const auto token = [](const char* text) {
    std::string out = lowered(text_of(text));
    const bool plain = std::ranges::all_of(
        out, [](char c) { return is_alphanumeric(c) || std::string_view("!#$&-^_.+").contains(c); });
    return plain && out.size() <= 100 ? out : std::string();
  };
  const std::string media = type == nullptr ? "" : token(g_mime_content_type_get_media_type(type));
  const std::string subtype = type == nullptr ? "" : token(g_mime_content_type_get_media_subtype(type));
  return media.empty() || subtype.empty() ? "application/octet-stream" : media + "/" + subtype;
}

std::string parameter(GMimeObject* object, const char* name) {
  return text_of(g_mime_object_get_content_type_parameter(object, name));
}

std::string given_name(GMimeObject* object) {
  for (const char* name : {g_mime_object_get_content_disposition_parameter(object, "filename"),
                           g_mime_object_get_content_type_parameter(object, "name")}) {
    if (name != nullptr && *name != '\0') return mail::decode_encoded_words(name);
  }
  return {};
}

bool is_attachment(GMimeObject* object) {
  return lowered(text_of(g_mime_object_get_disposition(object))) == "attachment";
}

/// Decoded octets of a part; a message or a multipart as it stands.
void write_content(GMimeObject* object, GMimeStream* out) {
  if (GMIME_IS_PART(object)) {
    GMimeDataWrapper* content = g_mime_part_get_content(GMIME_PART(object));
    if (content != nullptr) g_mime_data_wrapper_write_to_stream(content, out);
  } else if (GMIME_IS_MESSAGE_PART(object)) {
    GMimeMessage* message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    if (message != nullptr) g_mime_object_write_to_stream(GMIME_OBJECT(message), nullptr, out);
  } else {
    g_mime_object_write_to_stream(object, nullptr, out);
  }
}

std::string content_of(GMimeObject* object) {
  const Owned<GMimeStream> out(g_mime_stream_mem_new());
  write_content(object, out.get());
  const GByteArray* array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out.get()));
  return {reinterpret_cast<const char*>(array->data), array->len};
}

std::uint64_t size_of(GMimeObject* object) {
  const Owned<GMimeStream> out(g_mime_stream_null_new());
  write_content(object, out.get());
  return GMIME_STREAM_NULL(out.get())->written;
}

Coding coding_of(GMimeContentEncoding encoding) {
  switch (encoding) {
    case GMIME_CONTENT_ENCODING_BASE64: return Coding::base64;
    case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE: return Coding::quoted_printable;
    case GMIME_CONTENT_ENCODING_UUENCODE: return Coding::uuencode;
    case GMIME_CONTENT_ENCODING_DEFAULT:
    case GMIME_CONTENT_ENCODING_7BIT:
    case GMIME_CONTENT_ENCODING_8BIT:
    case GMIME_CONTENT_ENCODING_BINARY: break;
  }
  return Coding::none;
}

std::optional<Place> place_of(GMimeObject* object) {
  if (!GMIME_IS_PART(object)) return std::nullopt;
  GMimeDataWrapper* content = g_mime_part_get_content(GMIME_PART(object));
  GMimeStream* stream = content == nullptr ? nullptr : g_mime_data_wrapper_get_stream(content);
  if (stream == nullptr || stream->bound_start < 0 || stream->bound_end < stream->bound_start) return std::nullopt;
  return Place{static_cast<std::uint64_t>(stream->bound_start),
               static_cast<std::uint64_t>(stream->bound_end - stream->bound_start),
               coding_of(g_mime_data_wrapper_get_encoding(content))};
}

// What is shown

/// What a part adds to the body, in either form.
struct Shown {
  std::string text, html;
};

/// The words of HTML: a reference in it may stand for a control character.
std::string as_text(const std::string& html) {
  return shown_text(html_text(html));
}

std::string as_html(const std::string& text) {
  return R"(<div style="white-space:pre-wrap">)" + escape(text).str() + "</div>";
}

/// HTML §4.2.5.4: in the first 1,024 octets.
std::string html_charset(std::string_view html) {
  const std::string start = lowered(html.substr(0, 1'024));
  constexpr std::string_view key = "charset=";
  const std::size_t at = start.find(key);
  if (at == std::string::npos) return {};
  const std::string_view value = trimmed(std::string_view(start).substr(at + key.size()), "\"' ");
  return std::string(value.substr(0, value.find_first_of("\"' />;")));
}

class Viewer {
 public:
  Viewer(const Leaves& leaves, MessageView& view) : leaves_(leaves), view_(view), shown_(leaves.objects.size()) {
    for (std::size_t i = 0; i < leaves.objects.size(); ++i)
      index_.emplace(leaves.objects[i], i);
  }

  void read_body(GMimeObject* top) {
    Shown body = top == nullptr ? Shown() : show(top, 0, true);
    view_.text = std::move(body.text);
    view_.html = limited(std::move(body.html), most_shown);
  }

  /// What the body did not show: the attachments, in order.
  [[nodiscard]] std::vector<GMimeObject*> left() const {
    std::vector<GMimeObject*> out;
    for (std::size_t i = 0; i < leaves_.objects.size(); ++i) {
      if (!shown_[i]) out.push_back(leaves_.objects[i]);
    }
    return out;
  }

 private:
  Shown show(GMimeObject* object, unsigned depth, bool is_body);
  Shown show_leaf(GMimeObject* object, bool is_body);
  Shown alternative(GMimeMultipart* multipart, unsigned depth);
  Shown related(GMimeMultipart* multipart, unsigned depth, bool is_body);
  Shown in_order(GMimeMultipart* multipart, unsigned depth, bool is_body);
  std::string read_text(GMimeObject* object, bool html, bool& whole);
  std::string limited(std::string text, std::size_t most);

  const Leaves& leaves_;
  MessageView& view_;
  std::unordered_map<GMimeObject*, std::size_t> index_;
  std::vector<bool> shown_;  // by leaf: no attachment
  std::size_t text_left_ = most_shown, html_left_ = most_shown;
};

std::string Viewer::limited(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  view_.cut = true;
  text.resize(first_octets(text, most).size());
  return text;
}

/// `is_body`: this is where the message's own words are expected, whatever name the part has.
Shown Viewer::show(GMimeObject* object, unsigned depth, bool is_body) {
  if (is_leaf(object, depth)) return show_leaf(object, is_body);
  const std::string subtype =
      lowered(text_of(g_mime_content_type_get_media_subtype(g_mime_object_get_content_type(object))));
  GMimeMultipart* multipart = GMIME_MULTIPART(object);
  if (subtype == "alternative") return alternative(multipart, depth);
  if (subtype == "related") return related(multipart, depth, is_body);
  return in_order(multipart, depth, is_body);
}

Shown Viewer::show_leaf(GMimeObject* object, bool is_body) {
  const auto found = index_.find(object);
  if (found == index_.end() || !GMIME_IS_PART(object) || is_attachment(object)) return {};
  const std::string type = type_of(object);
  const bool html = type == "text/html";
  if ((!html && type != "text/plain") || (!is_body && !given_name(object).empty())) return {};
  bool whole = true;
  std::string text = read_text(object, html, whole);
  shown_[found->second] = whole;
  return html ? Shown{{}, std::move(text)} : Shown{std::move(text), {}};
}

/// RFC 2046 §5.1.4: the last that we can show is the best.
Shown Viewer::alternative(GMimeMultipart* multipart, unsigned depth) {
  Shown best;
  bool plain = false;  // `text` is of a part that has no other form
  for (int i = 0; i < g_mime_multipart_get_count(multipart); ++i) {
    Shown one = show(g_mime_multipart_get_part(multipart, i), depth + 1, true);
    if (!one.text.empty() && (!plain || one.html.empty())) {
      plain = one.html.empty();
      best.text = std::move(one.text);
    }
    if (!one.html.empty()) best.html = std::move(one.html);
  }
  return best;
}

/// RFC 2387 §3.2: the part that "start" names, or else the first.
Shown Viewer::related(GMimeMultipart* multipart, unsigned depth, bool is_body) {
  const std::string start = parameter(GMIME_OBJECT(multipart), "start");
  const std::string_view id = trimmed(start, "<> ");
  GMimeObject* root = g_mime_multipart_get_part(multipart, 0);
  for (int i = 0; !id.empty() && i < g_mime_multipart_get_count(multipart); ++i) {
    GMimeObject* part = g_mime_multipart_get_part(multipart, i);
    if (trimmed(text_of(g_mime_object_get_content_id(part)), "<> ") == id) root = part;
  }
  return show(root, depth + 1, is_body);
}

/// One after the other, each form whole: what has only the other form is turned into this one.
Shown Viewer::in_order(GMimeMultipart* multipart, unsigned depth, bool is_body) {
  std::vector<Shown> all;
  for (int i = 0; i < g_mime_multipart_get_count(multipart); ++i) {
    Shown one = show(g_mime_multipart_get_part(multipart, i), depth + 1, is_body && i == 0);
    if (!one.text.empty() || !one.html.empty()) all.push_back(std::move(one));
  }
  if (all.size() == 1) return std::move(all.front());
  const bool any_text = std::ranges::any_of(all, [](const Shown& one) { return !one.text.empty(); });
  const bool any_html = std::ranges::any_of(all, [](const Shown& one) { return !one.html.empty(); });
  Shown together;
  for (const Shown& one : all) {
    if (any_text && !together.text.empty() && !together.text.ends_with('\n')) together.text += '\n';
    if (any_text) together.text += one.text.empty() ? as_text(one.html) : one.text;
    if (any_html) together.html += one.html.empty() ? as_html(one.text) : one.html;
  }
  together.text = limited(std::move(together.text), most_shown);
  together.html = limited(std::move(together.html), most_shown);
  return together;
}

std::string Viewer::read_text(GMimeObject* object, bool html, bool& whole) {
  std::size_t& left = html ? html_left_ : text_left_;
  const std::string octets = content_of(object);
  const std::string_view start = std::string_view(octets).substr(0, 2 * left);  // UTF-16 has two for each
  std::string charset = parameter(object, "charset");
  if (html && charset.empty()) charset = html_charset(octets);
  std::string text = shown_text(mail::to_utf8(start, charset));
  if (!html && lowered(parameter(object, "format")) == "flowed")
    text = unfold_flowed(text, lowered(parameter(object, "delsp")) == "yes");
  whole = start.size() == octets.size() && text.size() <= left;
  if (!whole) view_.cut = true;
  text.resize(first_octets(text, left).size());
  left -= text.size();
  return text;
}

bool is_shown_image(std::string_view type) {
  constexpr std::array<std::string_view, 5> types = {"image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp"};
  return std::ranges::find(types, type) != types.end();
}

void attach(MessageView& view, GMimeObject* object) {
  const std::size_t index = view.attachments.size();
  const std::string type = type_of(object);
  const std::string id = text_of(g_mime_object_get_content_id(object));
  if (!id.empty() && is_shown_image(type)) view.inline_images.emplace_back(trimmed(id, "<> "), index);
  view.attachments.push_back(
      {index, safe_file_name(given_name(object), usual_file_name(type)), type, size_of(object), place_of(object)});
}

// Who and when

std::string header_line(GMimeMessage* message, const char* name, std::size_t most) {
  GMimeHeader* header = g_mime_header_list_get_header(g_mime_object_get_header_list(GMIME_OBJECT(message)), name);
  const char* raw = header == nullptr ? nullptr : g_mime_header_get_raw_value(header);
  return raw == nullptr ? std::string() : shown_line(mail::decode_encoded_words(raw), most);
}

void append(std::vector<Correspondent>& out, InternetAddressList* list, unsigned depth = 0) {
  for (int i = 0; list != nullptr && i < internet_address_list_length(list); ++i) {
    if (out.size() == most_correspondents) return;
    InternetAddress* one = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_GROUP(one)) {
      if (depth == 0) append(out, internet_address_group_get_members(INTERNET_ADDRESS_GROUP(one)), 1);
      continue;
    }
    const std::string name = mail::to_utf8(text_of(internet_address_get_name(one)), "");
    const std::string address =
        mail::to_utf8(text_of(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one))), "");
    out.push_back({shown_line(name, longest_name), shown_line(address, longest_address)});
  }
}

std::vector<Correspondent> correspondents(GMimeMessage* message, GMimeAddressType kind) {
  std::vector<Correspondent> out;
  append(out, g_mime_message_get_addresses(message, kind));
  return out;
}

std::optional<Time> date_of(GMimeMessage* message) {
  GDateTime* date = g_mime_message_get_date(message);
  if (date == nullptr) return std::nullopt;
  return Time(std::chrono::seconds(g_date_time_to_unix(date)));
}

void read_header(GMimeMessage* message, MessageView& view) {
  view.subject = header_line(message, "Subject", longest_subject);
  const auto from = correspondents(message, GMIME_ADDRESS_TYPE_FROM);
  if (!from.empty()) view.from = from.front();
  const auto reply_to = correspondents(message, GMIME_ADDRESS_TYPE_REPLY_TO);
  if (!reply_to.empty() && lowered(reply_to.front().address) != lowered(view.from.address))
    view.reply_to = reply_to.front();
  view.to = correspondents(message, GMIME_ADDRESS_TYPE_TO);
  view.cc = correspondents(message, GMIME_ADDRESS_TYPE_CC);
  view.date = date_of(message);
}

Leaves leaves_of(const Message& message) {
  Leaves leaves;
  leaves.collect(message.top(), 0);
  return leaves;
}

}  // namespace

MessageView read_message(std::string_view bytes) {
  MessageView view;
  if (nests_groups(bytes)) {
    view.cut = true;
    view.attachments.push_back({0, "message.eml", "message/rfc822", bytes.size(), Place{0, bytes.size()}});
    return view;
  }
  const Message message(bytes);
  if (message.get() == nullptr) return view;
  read_header(message.get(), view);
  const Leaves leaves = leaves_of(message);
  view.cut = leaves.cut;
  Viewer viewer(leaves, view);
  viewer.read_body(message.top());
  for (GMimeObject* object : viewer.left())
    attach(view, object);
  if (view.text.empty()) view.text = first_octets(as_text(view.html), most_shown);
  return view;
}

Result<std::string> part_content(std::string_view bytes, std::size_t index) {
  if (nests_groups(bytes)) {
    if (index == 0) return std::string(bytes);
    return fail(Errc::not_found, "the message has no such part");
  }
  const Message message(bytes);
  const Leaves leaves = leaves_of(message);
  MessageView view;
  Viewer viewer(leaves, view);
  viewer.read_body(message.top());  // what is shown is no attachment, and has no number
  const std::vector<GMimeObject*> attachments = viewer.left();
  if (index >= attachments.size()) return fail(Errc::not_found, "the message has no such part");
  return content_of(attachments[index]);
}

}  // namespace postern::portal
