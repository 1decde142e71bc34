#include "tests/inspect/probes.hpp"

#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

namespace postern::inspect {

mail::ProbeSet case_probes() {
  mail::Probe ssn{.name = "ssn", .header = {}, .patterns = {R"([0-9]{3}-[0-9]{2}-[0-9]{4})"}, .whole_words = true};
  mail::Probe words{.name = "words",
                    .header = {},
                    .patterns = {"diabetes", "heart attack", "Müller", "диабет"},
                    .literal = true,
                    .whole_words = true};
  mail::Probe secure{
      .name = "secure", .target = mail::ProbeTarget::subject, .header = {}, .patterns = {"[secure]"}, .literal = true};
  mail::Probe klass{.name = "class",
                    .target = mail::ProbeTarget::header,
                    .header = "x-class",
                    .patterns = {"phi"},
                    .literal = true,
                    .whole_words = true};
  return {ssn, words, secure, klass};
}

mail::Facts inspect_with(const mail::ProbeSet& probes, std::string_view message, InspectLimits limits) {
  auto inspector = make_inspector(probes, limits, "key");
  BOOST_REQUIRE_MESSAGE(inspector.has_value(), (inspector ? "" : inspector.error().text));
  const auto bytes = (*inspector)->inspect(std::string(message));
  BOOST_REQUIRE(bytes.has_value());
  auto facts = mail::decode_facts(*bytes, probes.size());
  BOOST_REQUIRE_MESSAGE(facts.has_value(), (facts ? "" : facts.error().text));
  return std::move(*facts);
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && !out.ends_with('\r')) out.push_back('\r');
    out.push_back(c);
  }
  return out;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(in.good(), "cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string describe(const mail::Facts& facts, const mail::ProbeSet& probes) {
  std::string out;
  for (const mail::Part& part : facts.parts) {
    out += "part " + part.path + " " + part.media_type + (part.attachment ? " attachment" : "");
    if (part.uninspectable) out += " " + std::string(mail::format_uninspectable(*part.uninspectable));
    out += "\n";
  }
  std::map<std::pair<std::string, std::string>, unsigned> counts;
  for (const mail::Finding& f : facts.findings)
    ++counts[{probes[f.probe].name, facts.parts[f.part].path}];
  for (const auto& [where, n] : counts)
    out += "found " + where.first + " " + where.second + " " + std::to_string(n) + "\n";
  return out;
}

std::size_t count(const mail::Facts& facts, std::uint32_t probe) {
  std::size_t n = 0;
  for (const mail::Finding& f : facts.findings)
    n += f.probe == probe ? 1 : 0;
  return n;
}

}  // namespace postern::inspect
