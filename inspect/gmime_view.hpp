// What is asked of GMime: its objects' lifetimes, and views of what it found that copy nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <gmime/gmime.h>

namespace postern::inspect {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

/// "" for null.
[[nodiscard]] std::string text_of(const char* text);

/// A stream over bytes that stay where they are.
class BorrowedStream {
 public:
  explicit BorrowedStream(std::string_view bytes);
  ~BorrowedStream();
  BorrowedStream(const BorrowedStream&) = delete;
  BorrowedStream& operator=(const BorrowedStream&) = delete;
  [[nodiscard]] GMimeStream* get() const { return stream_.get(); }

 private:
  GByteArray* array_;
  Owned<GMimeStream> stream_;
};

/// The encoded octets of a part, without a copy where they lie in a memory stream, which they do after parsing one.
[[nodiscard]] std::string_view encoded_octets(GMimePart* part, std::string& copy);
/// uuencode, which nobody sends any more.
[[nodiscard]] std::string decode_with_gmime(GMimePart* part);

/// Two Content-Types, or encodings: which of them a client believes is its own choice, so such a part is not read
/// reliably.
[[nodiscard]] bool ambiguous(GMimeObject* object);

}  // namespace postern::inspect
