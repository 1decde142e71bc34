// Cuts header fields out of a message and leaves every other octet as it was.
//
//   std::string kept = without_fields(section, {"X-Clinic-Key"});      // a header section
//   ReportStripper stripper({"X-Clinic-Key"});                         // the body of a report, piece by piece
//   out += stripper.pass(piece); … out += stripper.end();              // mail/strip_attached.hpp: of other mail
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// Names in any case. A field goes with its continuation lines, however often it is there.
[[nodiscard]] std::string without_fields(std::string_view section, const std::vector<std::string>& names);

/// Takes a body piece by piece, judges it line by line, and gives back what is kept.
class BodyStripper {
 public:
  explicit BodyStripper(std::vector<std::string> names) : names_(std::move(names)) {}
  virtual ~BodyStripper() = default;
  BodyStripper(const BodyStripper&) = delete;
  BodyStripper& operator=(const BodyStripper&) = delete;

  [[nodiscard]] std::string pass(std::string_view piece);
  /// What of an incomplete last line is left.
  [[nodiscard]] std::string end();

 protected:
  /// A line, or its beginning. `begins`: not the rest of one that was too long to be collected.
  [[nodiscard]] virtual bool keeps(std::string_view line, bool begins) = 0;
  [[nodiscard]] bool begins_ours(std::string_view line) const;

 private:
  std::vector<std::string> names_;
  std::string line_;  // incomplete
  bool long_line_ = false;
};

/// A report (DSN, MDN) returns the header fields of the message that it is about: there too the fields go, in whatever
/// part they are. Lines that look like the field are cut; text that is encoded is not looked into.
class ReportStripper final : public BodyStripper {
 public:
  using BodyStripper::BodyStripper;

 private:
  bool keeps(std::string_view line, bool begins) override;
  bool cutting_ = false;
};

/// The name of the field that begins with this line; empty where none does.
[[nodiscard]] std::string_view field_name(std::string_view line);
[[nodiscard]] inline bool continues_field(std::string_view line) {
  return line.starts_with(' ') || line.starts_with('\t');
}

}  // namespace postern::mail
