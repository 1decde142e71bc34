// Cuts header fields out of a message and leaves every other octet as it was.
//
//   std::string kept = without_fields(section, {"X-Clinic-Key"});      // a header section
//   ReportStripper stripper({"X-Clinic-Key"});                         // the body of a report, piece by piece
//   out += stripper.pass(piece); … out += stripper.end();
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// Names in any case. A field goes with its continuation lines, however often it is there.
[[nodiscard]] std::string without_fields(std::string_view section, const std::vector<std::string>& names);

/// A report (DSN, MDN) returns the header fields of the message that it is about: there too the fields go, in whatever
/// part they are. Lines that look like the field are cut; text that is encoded is not looked into.
class ReportStripper {
 public:
  explicit ReportStripper(std::vector<std::string> names) : names_(std::move(names)) {}
  [[nodiscard]] std::string pass(std::string_view piece);
  /// What of an incomplete last line is left.
  [[nodiscard]] std::string end();

 private:
  [[nodiscard]] bool begins_field(std::string_view line) const;
  void take(std::string& line, std::string& out);

  std::vector<std::string> names_;
  std::string line_;  // incomplete
  bool long_line_ = false, cutting_ = false;
};

}  // namespace postern::mail
