#include "inspect/parts.hpp"

#include <algorithm>
#include <utility>

#include "inspect/gmime_view.hpp"
#include "inspect/html.hpp"
#include "inspect/media.hpp"
#include "inspect/text.hpp"
#include "inspect/windows.hpp"
#include "mail/charset.hpp"
#include "mail/encoded_words.hpp"
#include "mail/headers.hpp"
#include "mail/transfer_decoding.hpp"

namespace postern::inspect {
namespace {

using mail::Uninspectable;

constexpr unsigned deepest = 40;  // whatever the configuration says: a part's path has at most 255 octets
constexpr std::string_view pgp_message = "-----BEGIN PGP MESSAGE-----";

std::string decode_header_text(std::string_view raw) {
  return normalise(mail::decode_encoded_words(raw));
}

/// A leaf part's octets, and what its headers say of them.
struct Leaf {
  std::string_view encoded;
  GMimeContentEncoding encoding = GMIME_CONTENT_ENCODING_DEFAULT;
  std::string type, charset, smime_type;

  [[nodiscard]] TransferEncoding transfer() const {
    if (encoding == GMIME_CONTENT_ENCODING_BASE64) return TransferEncoding::base64;
    if (encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE) return TransferEncoding::quoted_printable;
    return TransferEncoding::identity;
  }
  [[nodiscard]] bool is_message() const { return type == "message/rfc822" || type == "message/global"; }
};

/// Goes through the parts. The texts of the part that was added last wait in `text_` and `also_` until the next one.
class Walk {
 public:
  Walk(const InspectLimits& limits, TextSink& texts) : limits_(limits), texts_(texts) {}

  std::vector<mail::Part> run(std::string_view bytes, mail::Part header, std::string subject) {
    parts_.push_back(std::move(header));
    text_ = std::move(subject);
    message(bytes, "", 1);
    give_away();
    return std::move(parts_);
  }

 private:
  void message(std::string_view bytes, const std::string& path, unsigned depth);
  void body(GMimeObject* top, const std::string& path, unsigned depth);
  void object(GMimeObject* object, const std::string& path, unsigned depth, bool outermost);
  void multipart(GMimeMultipart* multipart, const std::string& path, unsigned depth, bool outermost);
  void text_outside(GMimeMultipart* multipart, const std::string& path, bool outermost);
  void nested(GMimeObject* object, GMimeMessage* message, const std::string& path, unsigned depth);
  void leaf(GMimePart* part, const std::string& path, unsigned depth);
  void short_leaf(GMimePart* part, const Leaf& leaf, const std::string& path, unsigned depth);
  void long_leaf(const Leaf& leaf);
  void encoded_message(std::string_view octets, const std::string& path, unsigned depth);
  void read_text(const Leaf& leaf, std::string_view octets);
  void read_in_windows(const Leaf& leaf, TransferEncoding encoding);
  bool take(std::uint64_t octets);
  bool add(GMimeObject* object, const std::string& path);
  void give_away();
  void full();
  [[nodiscard]] mail::Part& last() { return parts_.back(); }
  void fault(std::optional<Uninspectable> reason) {
    if (!last().uninspectable) last().uninspectable = reason;
  }

  const InspectLimits& limits_;
  TextSink& texts_;
  std::vector<mail::Part> parts_;
  std::string text_;
  std::vector<std::string> also_;
  std::uint64_t expanded_ = 0;
  unsigned inside_encrypted_ = 0;
  bool full_ = false;
};

void Walk::give_away() {
  const std::size_t part = parts_.size() - 1;
  if (!text_.empty()) texts_.take(part, std::exchange(text_, {}), false);
  for (std::string& text : also_)
    texts_.take(part, std::move(text), false);
  also_.clear();
}

/// The last part that fits says that there were more.
void Walk::full() {
  last().uninspectable = Uninspectable::too_large;
  full_ = true;
}

bool Walk::add(GMimeObject* object, const std::string& path) {
  if (full_ || parts_.size() >= std::max<std::size_t>(limits_.parts, 2)) {
    full();
    return false;
  }
  give_away();
  mail::Part part;
  part.path = path;
  GMimeContentType* type = g_mime_object_get_content_type(object);
  part.media_type = clean_media_type(text_of(type == nullptr ? nullptr : g_mime_content_type_get_media_type(type)),
                                     text_of(type == nullptr ? nullptr : g_mime_content_type_get_media_subtype(type)));
  const char* disposition = g_mime_object_get_disposition(object);
  std::string first_name;
  for (const char* name : {g_mime_object_get_content_disposition_parameter(object, "filename"),
                           g_mime_object_get_content_type_parameter(object, "name")}) {
    const std::string decoded = name == nullptr ? std::string() : decode_header_text(name);
    if (decoded.empty() || decoded == first_name) continue;
    text_ += decoded + "\n";
    first_name = decoded;
  }
  part.attachment =
      disposition != nullptr ? mail::equals_ignoring_case(disposition, "attachment") : !first_name.empty();
  if (inside_encrypted_ > 0) part.uninspectable = Uninspectable::encrypted;
  if (ambiguous(object)) part.uninspectable = Uninspectable::corrupt;
  parts_.push_back(std::move(part));
  return true;
}

bool Walk::take(std::uint64_t octets) {
  last().size = octets;
  expanded_ += octets;
  if (expanded_ <= limits_.expanded) return true;
  last().uninspectable = Uninspectable::too_large;
  return false;
}

void Walk::message(std::string_view bytes, const std::string& path, unsigned depth) {
  const BorrowedStream stream(bytes);
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  g_mime_parser_set_persist_stream(parser.get(), TRUE);
  const Owned<GMimeMessage> parsed(g_mime_parser_construct_message(parser.get(), nullptr));
  GMimeObject* top = parsed ? g_mime_message_get_mime_part(parsed.get()) : nullptr;
  if (top != nullptr) {
    body(top, path, depth);
  } else if (const std::string text = normalise(mail::to_utf8(bytes.substr(0, most_whole), ""));
             !text.empty() && text != "\n") {
    text_ += "\n" + text;  // no header field at all: whatever it is, it is read as text
    last().uninspectable = Uninspectable::corrupt;
  }
}

/// A message's outermost multipart has the message's own number.
void Walk::body(GMimeObject* top, const std::string& path, unsigned depth) {
  object(top, GMIME_IS_MULTIPART(top) ? path : path.empty() ? "1" : path + ".1", depth, true);
}

void Walk::object(GMimeObject* object, const std::string& path, unsigned depth, bool outermost) {
  if (full_) return;
  if (depth > std::min(limits_.depth, deepest)) {
    if (add(object, path.empty() ? "1" : path)) last().uninspectable = Uninspectable::too_deep;
  } else if (GMIME_IS_MULTIPART(object)) {
    multipart(GMIME_MULTIPART(object), path, depth, outermost);
  } else if (GMIME_IS_MESSAGE_PART(object)) {
    nested(object, g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)), path, depth);
  } else if (GMIME_IS_PART(object)) {
    leaf(GMIME_PART(object), path, depth);
  } else if (add(object, path)) {
    last().uninspectable = Uninspectable::unsupported;
  }
}

/// What no part holds. The outermost multipart's is the text of what holds it; an inner one gets a part for it.
void Walk::text_outside(GMimeMultipart* multipart, const std::string& path, bool outermost) {
  GMimeObject* object = GMIME_OBJECT(multipart);
  const std::string before = text_of(g_mime_multipart_get_prologue(multipart));
  const std::string after = text_of(g_mime_multipart_get_epilogue(multipart));
  const bool too_long = before.size() + after.size() > most_whole;
  const std::string outside = too_long ? "" : normalise(mail::to_utf8(before + "\n" + after, ""));
  const bool blank = outside.find_first_not_of(" \t\n") == std::string::npos && !too_long;
  const bool broken = g_mime_multipart_get_count(multipart) == 0 || ambiguous(object);
  if (blank && !broken) return;
  if (!outermost && (path.empty() || !add(object, path))) return;
  if (!blank && take(last().size + outside.size())) text_ += "\n" + outside;
  if (too_long) last().uninspectable = Uninspectable::too_large;
  if (broken) last().uninspectable = Uninspectable::corrupt;
}

void Walk::multipart(GMimeMultipart* multipart, const std::string& path, unsigned depth, bool outermost) {
  text_outside(multipart, path, outermost);
  const bool encrypted = mail::equals_ignoring_case(
      text_of(g_mime_content_type_get_media_subtype(g_mime_object_get_content_type(GMIME_OBJECT(multipart)))),
      "encrypted");
  inside_encrypted_ += encrypted ? 1 : 0;
  const int count = g_mime_multipart_get_count(multipart);
  for (int i = 0; i < count && !full_; ++i) {
    const std::string number = std::to_string(i + 1);
    object(g_mime_multipart_get_part(multipart, i), path.empty() ? number : path + "." + number, depth + 1, false);
  }
  inside_encrypted_ -= encrypted ? 1 : 0;
}

void Walk::nested(GMimeObject* object, GMimeMessage* message, const std::string& path, unsigned depth) {
  if (!add(object, path)) return;
  if (message == nullptr) {
    last().uninspectable = Uninspectable::corrupt;
    return;
  }
  const char* subject = g_mime_object_get_header(GMIME_OBJECT(message), "Subject");
  if (subject != nullptr) text_ += decode_header_text(subject);
  if (GMimeObject* top = g_mime_message_get_mime_part(message)) body(top, path, depth + 1);
}

void Walk::leaf(GMimePart* part, const std::string& path, unsigned depth) {
  if (!add(GMIME_OBJECT(part), path)) return;
  const auto parameter = [part](const char* name) {
    return text_of(g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), name));
  };
  std::string copy;
  const Leaf leaf{encoded_octets(part, copy), g_mime_part_get_content_encoding(part), last().media_type,
                  parameter("charset"), parameter("smime-type")};
  if (leaf.encoded.size() > most_whole) {
    long_leaf(leaf);
  } else {
    short_leaf(part, leaf, path, depth);
  }
}

void Walk::short_leaf(GMimePart* part, const Leaf& leaf, const std::string& path, unsigned depth) {
  std::string decoded;
  std::string_view octets = leaf.encoded;
  if (leaf.encoding == GMIME_CONTENT_ENCODING_BASE64) octets = decoded = mail::decode_base64(leaf.encoded);
  if (leaf.encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE)
    octets = decoded = mail::decode_quoted_printable(leaf.encoded);
  if (leaf.encoding == GMIME_CONTENT_ENCODING_UUENCODE) octets = decoded = decode_with_gmime(part);
  if (!take(octets.size())) return;
  const bool lost = octets.empty() && leaf.encoded.find_first_not_of(" \t\r\n=") != std::string_view::npos;
  if (lost || last().uninspectable == Uninspectable::corrupt) {
    also_.push_back(normalise(mail::to_utf8(leaf.encoded, "")));
    last().uninspectable = Uninspectable::corrupt;
  }
  const bool text = is_text(leaf.type) || (!leaf.is_message() && looks_like_text(octets));
  fault(unreadable(leaf.type, leaf.smime_type, text_, text));
  if (leaf.is_message()) {
    encoded_message(octets, path, depth);
  } else if (text) {
    read_text(leaf, octets);
  }
}

/// In pieces, where that is possible.
void Walk::long_leaf(const Leaf& leaf) {
  if (leaf.encoding == GMIME_CONTENT_ENCODING_UUENCODE) {
    take(leaf.encoded.size());
    last().uninspectable = Uninspectable::too_large;
    return;
  }
  const Survey found = survey(leaf.encoded, leaf.transfer());
  if (!take(found.size)) return;
  const bool lost = found.size == 0;
  if (lost) last().uninspectable = Uninspectable::corrupt;
  const bool ambiguous = last().uninspectable == Uninspectable::corrupt;
  const bool text = is_text(leaf.type) || found.looks_like_text;
  fault(unreadable(leaf.type, leaf.smime_type, text_, text));
  if (leaf.is_message() || (text && (is_markup(leaf.type) || !mail::keeps_ascii(leaf.charset) || found.utf16))) {
    last().uninspectable = Uninspectable::too_large;
  } else if (text) {
    read_in_windows(leaf, leaf.transfer());
  }
  if (ambiguous) read_in_windows(leaf, TransferEncoding::identity);
}

void Walk::read_in_windows(const Leaf& leaf, TransferEncoding encoding) {
  const std::size_t part = parts_.size() - 1;
  Windows windows(leaf.encoded, encoding);
  const std::string charset = encoding == leaf.transfer() ? leaf.charset : "";
  bool begun = false;
  while (const auto window = windows.next()) {
    std::string piece = normalise(mail::to_utf8(*window, charset));
    // It was cut behind a line end or a blank, and normalised text has no blank after either.
    if (begun) piece.erase(0, piece.find_first_not_of(" \t"));
    begun = true;
    if (piece.find(pgp_message) != std::string::npos) fault(Uninspectable::encrypted);
    texts_.take(part, std::exchange(text_, {}) + piece, true);
  }
  texts_.take(part, std::exchange(text_, {}), false);
}

/// RFC 2046 §5.2.1 forbids to encode a message; clients open one all the same.
void Walk::encoded_message(std::string_view octets, const std::string& path, unsigned depth) {
  if (depth >= std::min(limits_.depth, deepest)) {
    last().uninspectable = Uninspectable::too_deep;
    return;
  }
  text_ += read_header(octets, "Subject");
  message(octets, path, depth + 1);
}

void Walk::read_text(const Leaf& leaf, std::string_view octets) {
  const bool markup = is_markup(leaf.type);
  const std::string charset = leaf.charset.empty() && markup ? html_charset(octets) : leaf.charset;
  const std::string text = mail::to_utf8(octets, charset);
  if (markup) {
    text_ += normalise(html_to_text(text));
    also_.push_back(normalise(decode_entities(text)));
  } else {
    text_ += normalise(text);
  }
  if (!mail::keeps_ascii(charset)) also_.push_back(normalise(mail::to_utf8(octets, "")));
  if (text_.find(pgp_message) != std::string::npos) fault(Uninspectable::encrypted);
}

std::string_view header_section(std::string_view message) {
  return message.substr(0, mail::header_length(message).value_or(message.size()));
}

}  // namespace

std::string read_header(std::string_view message, std::string_view name) {
  const mail::HeaderView headers(header_section(message));
  std::string out;
  for (const mail::Field& field : headers.all(name)) {
    if (!out.empty()) out += "\n";
    out += decode_header_text(mail::unfold(field.raw));
  }
  return out;
}

std::vector<mail::Part> read_message(std::string_view message, const InspectLimits& limits, TextSink& texts) {
  mail::Part header;
  header.path = "0";
  header.media_type = "text/rfc822-headers";
  header.size = header_section(message).size();
  return Walk(limits, texts).run(message, std::move(header), read_header(message, "Subject"));
}

}  // namespace postern::inspect
