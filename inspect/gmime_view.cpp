#include "inspect/gmime_view.hpp"

#include <algorithm>

#include "mail/headers.hpp"

namespace postern::inspect {
namespace {

std::size_t count_headers(GMimeObject* object, std::string_view name) {
  GMimeHeaderList* list = g_mime_object_get_header_list(object);
  std::size_t found = 0;
  for (int i = 0; i < g_mime_header_list_get_count(list); ++i) {
    const char* header = g_mime_header_get_name(g_mime_header_list_get_header_at(list, i));
    if (header != nullptr && mail::equals_ignoring_case(header, name)) ++found;
  }
  return found;
}

}  // namespace

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

// GMime's array type owns what it points to, so the bytes are taken out of it again before it goes.
BorrowedStream::BorrowedStream(std::string_view bytes)
    : array_(g_byte_array_new_take(reinterpret_cast<guint8*>(const_cast<char*>(bytes.data())), bytes.size())),
      stream_(g_mime_stream_mem_new_with_byte_array(array_)) {
  g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream_.get()), FALSE);
}

BorrowedStream::~BorrowedStream() {
  stream_.reset();
  g_byte_array_steal(array_, nullptr);
  g_byte_array_unref(array_);
}

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

std::string decode_with_gmime(GMimePart* part) {
  const Owned<GMimeStream> out(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(part), out.get());
  const GByteArray* array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out.get()));
  return {reinterpret_cast<const char*>(array->data), array->len};
}

bool ambiguous(GMimeObject* object) {
  return count_headers(object, "Content-Type") > 1 || count_headers(object, "Content-Transfer-Encoding") > 1;
}

}  // namespace postern::inspect
