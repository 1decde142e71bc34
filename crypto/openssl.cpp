#include "crypto/openssl.hpp"

#include <array>
#include <ctime>
#include <new>

#include <openssl/err.h>

namespace postern::crypto {

Bio read_bio(std::string_view bytes) {
  Bio bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  if (!bio) throw std::bad_alloc();
  return bio;
}

Bio write_bio() {
  Bio bio(BIO_new(BIO_s_mem()));
  if (!bio) throw std::bad_alloc();
  return bio;
}

std::string_view contents(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Time time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  const std::chrono::sys_days day = std::chrono::year(parts.tm_year + 1900) /
                                    std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)) /
                                    std::chrono::day(static_cast<unsigned>(parts.tm_mday));
  return day + std::chrono::hours(parts.tm_hour) + std::chrono::minutes(parts.tm_min) +
         std::chrono::seconds(parts.tm_sec);
}

ErrorQueue::ErrorQueue() {
  ERR_clear_error();
}

ErrorQueue::~ErrorQueue() {
  ERR_clear_error();
}

std::unexpected<Error> ErrorQueue::fail(Errc code, std::string text) const {
  std::string detail;
  std::array<char, 256> line{};
  while (const unsigned long error = ERR_get_error()) {
    ERR_error_string_n(error, line.data(), line.size());
    detail += (detail.empty() ? "" : "; ") + std::string(line.data());
  }
  return postern::fail(code, std::move(text), std::move(detail));
}

}  // namespace postern::crypto
