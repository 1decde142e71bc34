#include "gateway/csv.hpp"

#include <algorithm>

namespace postern::gateway {
namespace {

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : in_(text) {}

  std::optional<std::vector<CsvRow>> read() {
    while (!in_.empty()) {
      if (in_.front() == '"' ? !quoted() : !plain()) return std::nullopt;
      end_field();
    }
    if (!row_.empty()) rows_.push_back(std::move(row_));
    return std::move(rows_);
  }

 private:
  bool plain() {
    const std::size_t end = std::min(in_.find_first_of(",\r\n"), in_.size());
    field_ = in_.substr(0, end);
    in_.remove_prefix(end);
    return true;
  }

  /// A quote inside is written twice.
  bool quoted() {
    for (std::size_t at = 1; at < in_.size(); ++at) {
      if (in_[at] != '"') {
        field_ += in_[at];
      } else if (at + 1 < in_.size() && in_[at + 1] == '"') {
        field_ += in_[at++];
      } else {
        in_.remove_prefix(at + 1);
        in_.remove_prefix(std::min(in_.find_first_of(",\r\n"), in_.size()));  // nothing belongs here
        return true;
      }
    }
    return false;
  }

  void end_field() {
    row_.push_back(std::move(field_));
    field_.clear();
    if (in_.starts_with(',')) {
      in_.remove_prefix(1);
      if (in_.empty()) row_.emplace_back();  // a last field that is empty
      return;
    }
    if (in_.starts_with('\r')) in_.remove_prefix(1);
    if (in_.starts_with('\n')) in_.remove_prefix(1);
    const bool blank_line = row_.size() == 1 && row_.front().empty();
    if (!blank_line) rows_.push_back(std::move(row_));
    row_.clear();
  }

  std::string_view in_;
  std::string field_;
  CsvRow row_;
  std::vector<CsvRow> rows_;
};

}  // namespace

std::optional<std::vector<CsvRow>> parse_csv(std::string_view text) {
  return CsvReader(text).read();
}

}  // namespace postern::gateway
