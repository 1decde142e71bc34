#include "inspect/parts.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <gmime/gmime.h>

#include "inspect/decode.hpp"
#include "inspect/encoded_words.hpp"
#include "inspect/html.hpp"
#include "inspect/media.hpp"
#include "inspect/text.hpp"
#include "mail/headers.hpp"

namespace postern::inspect {
namespace {

using mail::Uninspectable;

constexpr unsigned deepest = 40;  // whatever the configuration says: a part's path has at most 255 octets

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

std::string decode_header_text(std::string_view raw) {
  return normalise(decode_encoded_words(raw));
}

/// A stream over bytes that stay where they are. GMime's array type owns what it points to, so the bytes are
/// taken out of it again before it goes.
class BorrowedStream {
 public:
  explicit BorrowedStream(std::string_view bytes)
      : array_(g_byte_array_new_take(reinterpret_cast<guint8*>(const_cast<char*>(bytes.data())), bytes.size())),
        stream_(g_mime_stream_mem_new_with_byte_array(array_)) {
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream_.get()), FALSE);
  }
  ~BorrowedStream() {
    stream_.reset();
    g_byte_array_steal(array_, nullptr);
    g_byte_array_unref(array_);
  }
  BorrowedStream(const BorrowedStream&) = delete;
  BorrowedStream& operator=(const BorrowedStream&) = delete;
  [[nodiscard]] GMimeStream* get() const { return stream_.get(); }

 private:
  GByteArray* array_;
  Owned<GMimeStream> stream_;
};

/// The encoded octets of a part, without a copy where they lie in a memory stream, which they do after
/// parsing one.
std::string_view encoded_octets(GMimePart* part, std::string& copy) {
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  GMimeStream* stream = content == nullptr ? nullptr : g_mime_data_wrapper_get_stream(content);
  if (stream == nullptr) return {};
  if (GMIME_IS_STREAM_MEM(stream)) {
    const GByteArray* array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    const auto start = static_cast<std::size_t>(std::max<gint64>(stream->bound_start, 0));
    std::size_t end = stream->bound_end < 0 ? array->len : static_cast<std::size_t>(stream->bound_end);
    end = std::min<std::size_t>(end, array->len);
    if (start >= end) return {};
    return {reinterpret_cast<const char*>(array->data) + start, end - start};
  }
  g_mime_stream_reset(stream);
  char buffer[8192];
  for (ssize_t n = 0; (n = g_mime_stream_read(stream, buffer, sizeof buffer)) > 0;) {
    copy.append(buffer, static_cast<std::size_t>(n));
  }
  return copy;
}

std::string decode_with_gmime(GMimePart* part) {  // uuencode, which nobody sends any more
  const Owned<GMimeStream> out(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(part), out.get());
  const GByteArray* array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out.get()));
  return {reinterpret_cast<const char*>(array->data), array->len};
}

std::size_t count_headers(GMimeObject* object, std::string_view name) {
  GMimeHeaderList* list = g_mime_object_get_header_list(object);
  std::size_t found = 0;
  for (int i = 0; i < g_mime_header_list_get_count(list); ++i) {
    const char* header = g_mime_header_get_name(g_mime_header_list_get_header_at(list, i));
    if (header != nullptr && mail::equals_ignoring_case(header, name)) ++found;
  }
  return found;
}

/// Which of two Content-Types, or encodings, a client believes is its own choice: such a part is not read
/// reliably.
bool ambiguous(GMimeObject* object) {
  return count_headers(object, "Content-Type") > 1 || count_headers(object, "Content-Transfer-Encoding") > 1;
}

class Walk {
 public:
  explicit Walk(const InspectLimits& limits) : limits_(limits) {}
  void message(std::string_view bytes, const std::string& path, unsigned depth, std::size_t header_part);
  std::vector<ReadPart> parts;

 private:
  void object(GMimeObject* object, const std::string& path, unsigned depth, std::size_t header_part);
  void body(GMimeMessage* message, const std::string& path, unsigned depth, std::size_t header_part);
  void multipart(GMimeMultipart* multipart, const std::string& path, unsigned depth, std::size_t header_part);
  void nested(GMimeObject* object, GMimeMessage* message, const std::string& path, unsigned depth);
  void leaf(GMimePart* part, const std::string& path, unsigned depth);
  void encoded_message(std::string_view octets, const std::string& path, unsigned depth);
  void read_text(ReadPart& read, std::string_view octets, const std::string& charset);
  bool take(ReadPart& read, std::uint64_t octets);
  ReadPart* add(GMimeObject* object, const std::string& path);
  void full();

  const InspectLimits& limits_;
  std::uint64_t expanded_ = 0;
  unsigned inside_encrypted_ = 0;
  bool full_ = false;
};

/// The last part that fits says that there were more.
void Walk::full() {
  if (!parts.empty()) parts.back().part.uninspectable = Uninspectable::too_large;
  full_ = true;
}

ReadPart* Walk::add(GMimeObject* object, const std::string& path) {
  if (full_ || parts.size() >= std::max<std::size_t>(limits_.parts, 2)) {
    full();
    return nullptr;
  }
  ReadPart read;
  read.part.path = path;
  GMimeContentType* type = g_mime_object_get_content_type(object);
  read.part.media_type =
      clean_media_type(text_of(type == nullptr ? nullptr : g_mime_content_type_get_media_type(type)),
                       text_of(type == nullptr ? nullptr : g_mime_content_type_get_media_subtype(type)));
  const char* disposition = g_mime_object_get_disposition(object);
  std::string first_name;
  for (const char* name : {g_mime_object_get_content_disposition_parameter(object, "filename"),
                           g_mime_object_get_content_type_parameter(object, "name")}) {
    const std::string decoded = name == nullptr ? std::string() : decode_header_text(name);
    if (decoded.empty() || decoded == first_name) continue;
    read.text += decoded + "\n";
    first_name = decoded;
  }
  read.part.attachment =
      disposition != nullptr ? mail::equals_ignoring_case(disposition, "attachment") : !first_name.empty();
  if (inside_encrypted_ > 0) read.part.uninspectable = Uninspectable::encrypted;
  if (ambiguous(object)) read.part.uninspectable = Uninspectable::corrupt;
  parts.push_back(std::move(read));
  return &parts.back();
}

bool Walk::take(ReadPart& read, std::uint64_t octets) {
  read.part.size = octets;
  expanded_ += octets;
  if (expanded_ <= limits_.expanded) return true;
  read.part.uninspectable = Uninspectable::too_large;
  return false;
}

void Walk::message(std::string_view bytes, const std::string& path, unsigned depth, std::size_t header_part) {
  const BorrowedStream stream(bytes);
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  g_mime_parser_set_persist_stream(parser.get(), TRUE);
  const Owned<GMimeMessage> parsed(g_mime_parser_construct_message(parser.get(), nullptr));
  if (parsed && g_mime_message_get_mime_part(parsed.get()) != nullptr) {
    body(parsed.get(), path, depth, header_part);
  } else if (const std::string text = normalise(to_utf8(bytes, "")); !text.empty() && text != "\n") {
    parts[header_part].text += "\n" + text;  // no header field at all: whatever it is, it is read as text
    parts[header_part].part.uninspectable = Uninspectable::corrupt;
  }
}

void Walk::body(GMimeMessage* message, const std::string& path, unsigned depth, std::size_t header_part) {
  GMimeObject* top = g_mime_message_get_mime_part(message);
  if (top == nullptr) return;
  const bool numbered_here = GMIME_IS_MULTIPART(top);
  const std::string first = path.empty() ? "1" : path + ".1";
  object(top, numbered_here ? path : first, depth, header_part);
}

void Walk::object(GMimeObject* object, const std::string& path, unsigned depth, std::size_t header_part) {
  if (full_) return;
  if (depth > std::min(limits_.depth, deepest)) {
    if (ReadPart* read = add(object, path.empty() ? "1" : path)) {
      read->part.uninspectable = Uninspectable::too_deep;
    }
  } else if (GMIME_IS_MULTIPART(object)) {
    multipart(GMIME_MULTIPART(object), path, depth, header_part);
  } else if (GMIME_IS_MESSAGE_PART(object)) {
    nested(object, g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)), path, depth);
  } else if (GMIME_IS_PART(object)) {
    leaf(GMIME_PART(object), path, depth);
  } else if (ReadPart* read = add(object, path)) {
    read->part.uninspectable = Uninspectable::unsupported;
  }
}

void Walk::multipart(GMimeMultipart* multipart, const std::string& path, unsigned depth, std::size_t header_part) {
  GMimeObject* object = GMIME_OBJECT(multipart);
  const int count = g_mime_multipart_get_count(multipart);
  std::string outside = text_of(g_mime_multipart_get_prologue(multipart));
  outside += "\n" + text_of(g_mime_multipart_get_epilogue(multipart));
  outside = normalise(to_utf8(outside, ""));
  const bool blank = outside.find_first_not_of(" \t\n") == std::string::npos;
  const bool broken = count == 0 || ambiguous(object);
  const bool own_part = !path.empty() && header_part == SIZE_MAX && (!blank || broken);
  if (own_part && add(object, path) != nullptr) header_part = parts.size() - 1;
  if (header_part != SIZE_MAX) {
    ReadPart& read = parts[header_part];
    if (!blank && take(read, read.part.size + outside.size())) read.text += "\n" + outside;
    if (broken) read.part.uninspectable = Uninspectable::corrupt;
  }
  const bool encrypted = mail::equals_ignoring_case(
      text_of(g_mime_content_type_get_media_subtype(g_mime_object_get_content_type(object))), "encrypted");
  inside_encrypted_ += encrypted ? 1 : 0;
  for (int i = 0; i < count && !full_; ++i) {
    const std::string number = std::to_string(i + 1);
    this->object(g_mime_multipart_get_part(multipart, i), path.empty() ? number : path + "." + number, depth + 1,
                 SIZE_MAX);
  }
  inside_encrypted_ -= encrypted ? 1 : 0;
}

void Walk::nested(GMimeObject* object, GMimeMessage* message, const std::string& path, unsigned depth) {
  ReadPart* read = add(object, path);
  if (read == nullptr) return;
  if (message == nullptr) {
    read->part.uninspectable = Uninspectable::corrupt;
    return;
  }
  const char* subject = g_mime_object_get_header(GMIME_OBJECT(message), "Subject");
  if (subject != nullptr) read->text += decode_header_text(subject);
  body(message, path, depth + 1, parts.size() - 1);
}

void Walk::leaf(GMimePart* part, const std::string& path, unsigned depth) {
  ReadPart* read = add(GMIME_OBJECT(part), path);
  if (read == nullptr) return;
  std::string copy, decoded;
  const std::string_view encoded = encoded_octets(part, copy);
  std::string_view octets = encoded;
  const GMimeContentEncoding encoding = g_mime_part_get_content_encoding(part);
  if (encoding == GMIME_CONTENT_ENCODING_BASE64) octets = decoded = decode_base64(encoded);
  if (encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE) octets = decoded = decode_quoted_printable(encoded);
  if (encoding == GMIME_CONTENT_ENCODING_UUENCODE) octets = decoded = decode_with_gmime(part);
  if (!take(*read, octets.size())) return;
  const bool lost = octets.empty() && encoded.find_first_not_of(" \t\r\n=") != std::string_view::npos;
  if (lost || read->part.uninspectable == Uninspectable::corrupt) {
    read->also.push_back(normalise(to_utf8(encoded, "")));
    read->part.uninspectable = Uninspectable::corrupt;
  }
  const std::string& type = read->part.media_type;
  const std::string charset = text_of(g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset"));
  const std::string smime_type = text_of(g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "smime-type"));
  const auto fault = unreadable(type, smime_type, read->text, octets);
  if (!read->part.uninspectable) read->part.uninspectable = fault;
  if (type == "message/rfc822" || type == "message/global") {
    encoded_message(octets, path, depth);
  } else if (is_text(type) || looks_like_text(octets)) {
    read_text(*read, octets, charset);
  }
}

/// RFC 2046 §5.2.1 forbids to encode a message; clients open one all the same.
void Walk::encoded_message(std::string_view octets, const std::string& path, unsigned depth) {
  if (depth >= std::min(limits_.depth, deepest)) {
    parts.back().part.uninspectable = Uninspectable::too_deep;
    return;
  }
  parts.back().text += read_header(octets, "Subject");
  message(octets, path, depth + 1, parts.size() - 1);
}

void Walk::read_text(ReadPart& read, std::string_view octets, const std::string& declared) {
  const bool markup = is_markup(read.part.media_type);
  const std::string charset = declared.empty() && markup ? html_charset(octets) : declared;
  const std::string text = to_utf8(octets, charset);
  if (markup) {
    read.text += normalise(html_to_text(text));
    read.also.push_back(normalise(decode_entities(text)));
  } else {
    read.text += normalise(text);
  }
  if (!keeps_ascii(charset)) read.also.push_back(normalise(to_utf8(octets, "")));
  if (read.text.find("-----BEGIN PGP MESSAGE-----") != std::string::npos && !read.part.uninspectable) {
    read.part.uninspectable = Uninspectable::encrypted;
  }
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

ReadMessage read_message(std::string_view message, const InspectLimits& limits) {
  ReadMessage read;
  read.subject = read_header(message, "Subject");
  Walk walk(limits);
  ReadPart header;
  header.part.path = "0";
  header.part.media_type = "text/rfc822-headers";
  header.part.size = header_section(message).size();
  header.text = read.subject;
  walk.parts.push_back(std::move(header));
  walk.message(message, "", 1, 0);
  read.parts = std::move(walk.parts);
  return read;
}

}  // namespace postern::inspect
