#include "gateway/gzip.hpp"

#include <new>

#include <zlib.h>

namespace postern::gateway {

std::string gzip(std::string_view bytes) {
  constexpr int gzip_header = 16, memory_level = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + gzip_header, memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);  // deflateBound: it fits
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace postern::gateway
