#include "portal/part_reader.hpp"

#include <algorithm>

#include <gmime/gmime.h>

#include "base/log.hpp"
#include "portal/deposit.hpp"

namespace postern::portal {
namespace {

GMimeContentEncoding encoding_of(Coding coding) {
  switch (coding) {
    case Coding::none: return GMIME_CONTENT_ENCODING_BINARY;
    case Coding::base64: return GMIME_CONTENT_ENCODING_BASE64;
    case Coding::quoted_printable: return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
    case Coding::uuencode: return GMIME_CONTENT_ENCODING_UUENCODE;
  }
  return GMIME_CONTENT_ENCODING_BINARY;
}

}  // namespace

/// As GMime decodes a part that it has whole: the sizes that read_message gave are those of this.
struct PartReader::Decoder {
  GMimeFilter* filter;

  explicit Decoder(Coding coding) : filter(g_mime_filter_basic_new(encoding_of(coding), FALSE)) {}
  ~Decoder() { g_object_unref(filter); }
  Decoder(Decoder&&) = delete;

  std::string decode(std::string& octets, bool last) const {
    char* out = nullptr;
    std::size_t size = 0, before = 0;
    (last ? g_mime_filter_complete : g_mime_filter_filter)(filter, octets.data(), octets.size(), 0, &out, &size,
                                                           &before);
    return {out, size};
  }
};

PartReader::PartReader(Chunk chunk, const Place& place)
    : chunk_(std::move(chunk)), at_(place.at), end_(place.at + place.size) {
  if (place.coding != Coding::none) decoder_ = std::make_unique<Decoder>(place.coding);
}

PartReader::~PartReader() = default;

std::string PartReader::next() {
  while (at_ < end_) {
    const auto index = static_cast<std::uint32_t>(at_ / chunk_size);
    const std::size_t from = at_ % chunk_size;
    auto plain = chunk_(index);
    if (!plain || plain->size() <= from) {
      log::error("portal: a message cannot be read: {}", plain ? "a chunk is too short" : plain.error().text);
      at_ = end_;
      return {};
    }
    std::string octets = std::move(*plain);
    octets.resize(std::min<std::uint64_t>(octets.size(), from + (end_ - at_)));
    octets.erase(0, from);
    at_ += octets.size();
    if (decoder_) octets = decoder_->decode(octets, at_ == end_);
    if (!octets.empty()) return octets;
  }
  return {};
}

}  // namespace postern::portal
