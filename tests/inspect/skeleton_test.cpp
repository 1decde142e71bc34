// The gateway's own view of a message's structure agrees with the inspector's on honest mail, and where they differ,
// the difference is uninspectable.
#include "inspect/skeleton.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "inspect/believe.hpp"
#include "tests/inspect/probes.hpp"
#include "tests/inspect/shared_folder.hpp"

namespace postern::inspect {
namespace {

std::string shape(const Skeleton& skeleton) {
  std::string out;
  for (const SkeletonPart& part : skeleton.parts)
    out += part.path + " " + part.media_type + (part.broken ? " broken" : "") + "\n";
  return out + (skeleton.whole ? "" : "…\n");
}

std::string shape(std::string_view message) {
  return shape(read_skeleton(message, {}));
}

/// Structure needs no patterns, so making one costs nothing.
mail::Facts structure_of(const std::string& message, InspectLimits limits) {
  return inspect_with({}, message, limits);
}

/// What `believe` changes in the facts that this process's inspector gives.
std::string disagreement(const std::string& message, InspectLimits limits = {}) {
  const mail::Facts facts = structure_of(message, limits);
  const mail::Facts believed = believe(facts, read_skeleton(message, limits), message.size(), limits.parts);
  if (facts == believed) return "";
  return "inspector:\n" + describe(facts, {}) + "skeleton:\n" + shape(read_skeleton(message, limits));
}

std::vector<std::string> case_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/tests/cases/inspect")) {
    if (entry.path().extension() == ".eml") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

/// Honest mail of any shape: what mail programs write, nested at random.
class Composer {
 public:
  explicit Composer(unsigned seed) : random_(seed) {}
  std::string message() { return "From: <a@x.example>\r\nSubject: s\r\nMIME-Version: 1.0\r\n" + entity(0); }

 private:
  unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }

  std::string entity(unsigned depth) {
    const unsigned kind = depth > 5 ? 0 : pick(10);
    if (kind < 4) return leaf();
    if (kind < 8) return multipart(depth);
    return "Content-Type: message/rfc822\r\n\r\n" + message_inside(depth);
  }
  std::string message_inside(unsigned depth) { return "Subject: inner\r\n" + entity(depth + 1); }

  std::string leaf() {
    static const char* const types[] = {"Content-Type: text/plain\r\n",
                                        "",
                                        "Content-Type: TEXT/HTML; charset=\"utf-8\"\r\n",
                                        "Content-Type: application/pdf; name=\"a b.pdf\"\r\n",
                                        "Content-Type: application/octet-stream;\r\n name=x.bin\r\n",
                                        "content-type:text/calendar;method=REQUEST\r\n",
                                        "Content-Type: image/png (a comment)\r\n"};
    static const char* const encodings[] = {"", "Content-Transfer-Encoding: 7bit\r\n",
                                            "Content-Transfer-Encoding: base64\r\n",
                                            "Content-Transfer-Encoding: quoted-printable\r\n"};
    static const char* const bodies[] = {"",     "text\r\n", "--\r\nsignature\r\n", "--not-a-boundary\r\n\r\n",
                                         "line", "\r\n"};
    return std::string(types[pick(7)]) + encodings[pick(4)] + "\r\n" + bodies[pick(6)];
  }

  std::string multipart(unsigned depth) {
    static const char* const subtypes[] = {"mixed", "alternative", "related", "digest", "signed", "report"};
    const std::string boundary = "----=_Part_" + std::to_string(++boundaries_) + "." + std::to_string(pick(1000));
    std::string out = std::string("Content-Type: multipart/") + subtypes[pick(6)] + ";\r\n\tboundary=\"" + boundary +
                      "\"\r\n\r\n" + (pick(3) == 0 ? "This is a multi-part message in MIME format.\r\n" : "");
    for (unsigned left = 1 + pick(4); left > 0; --left)
      out += "\r\n--" + boundary + (pick(5) == 0 ? " \t" : "") + "\r\n" + entity(depth + 1);
    return out + "\r\n--" + boundary + "--" + (pick(4) == 0 ? "\r\nafterwards" : "") + "\r\n";
  }

  std::mt19937 random_;
  unsigned boundaries_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(parts_have_the_numbers_that_imap_gives_them) {
  BOOST_TEST(shape("Subject: x\r\n\r\nhello\r\n") == "1 text/plain\n");
  BOOST_TEST(shape("Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n\r\none\r\n--b\r\n"
                   "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: multipart/alternative; "
                   "boundary=\"c d\"\r\n\r\n--c d\r\n\r\na\r\n--c d\r\nContent-Type: text/html\r\n\r\nb\r\n--c d--\r\n"
                   "--b\r\nContent-Type: message/rfc822\r\n\r\n\r\nplain inside\r\n--b--\r\nepilogue\r\n") ==
             "1 text/plain\n2 message/rfc822\n2.1 text/plain\n2.2 text/html\n3 message/rfc822\n3.1 text/plain\n");
}

BOOST_AUTO_TEST_CASE(what_has_two_types_or_no_parts_is_broken) {
  BOOST_TEST(shape("Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx\r\n") == "1 text/plain broken\n");
  BOOST_TEST(shape("Content-Type: multipart/mixed\r\n\r\nx\r\n") == "0 text/rfc822-headers broken\n");
  BOOST_TEST(shape("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed\r\n\r\n"
                   "x\r\n--b--\r\n") == "1 multipart/mixed broken\n");
}

BOOST_AUTO_TEST_CASE(only_small_sound_text_and_html_is_plain) {
  const auto plain = [](std::string_view message) { return plain_text_and_html(read_skeleton(message, {})); };
  BOOST_TEST(plain("\r\nx\r\n"));
  BOOST_TEST(
      plain("Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n--b\r\nContent-Type: text/html\r\n"
            "\r\n--b--\r\n"));
  for (const char* type : {"application/pdf", "message/rfc822", "text/rtf", "image/png", "multipart/mixed"})
    BOOST_TEST(!plain("Content-Type: " + std::string(type) + "\r\n\r\nx\r\n"), type);
}

BOOST_AUTO_TEST_CASE(the_inspector_and_the_skeleton_see_the_same_parts_in_every_case) {
  const std::vector<std::string> files = case_files();
  BOOST_REQUIRE(files.size() >= 30);
  for (const std::string& file : files) {
    const std::string message = with_crlf(read_file(file));
    BOOST_TEST(disagreement(message) == "", file);
  }
}

BOOST_AUTO_TEST_CASE(they_see_the_same_parts_in_honest_mail_of_any_shape) {
  for (unsigned seed = 1; seed <= 2'000; ++seed) {
    const std::string message = Composer(seed).message();
    BOOST_TEST_REQUIRE(disagreement(message) == "", "seed " << seed << ":\n" << message);
  }
}

BOOST_AUTO_TEST_CASE(they_agree_on_the_type_of_every_shared_content_type) {
  std::ifstream in(shared_folder() + "/cases/mime/header-content-type.jsonl");
  unsigned rows = 0;
  for (std::string line; std::getline(in, line);) {
    const boost::json::object row = boost::json::parse(line).as_object();
    const auto* header = row.if_contains("header");
    if (header == nullptr) continue;
    ++rows;
    const std::string value(header->as_string());
    const std::string message =
        with_crlf("Content-Type:" + value + (value.ends_with("\n") ? "" : "\n") + "\n536-22-1234\n");
    BOOST_TEST(disagreement(message) == "", value);
  }
  BOOST_TEST(rows == 103U);
}

BOOST_AUTO_TEST_CASE(text_that_the_inspector_drops_is_uninspectable) {
  // No header field, no blank line: GMime makes no part of it, and some clients show it.
  const std::string message =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nno field 536-22-1234\r\n--b--\r\n";
  const mail::Facts facts = inspect_with(case_probes(), message);
  BOOST_TEST(count(facts, 0) == 0U);
  const mail::Facts believed = believe(facts, read_skeleton(message, {}), message.size(), 100);
  BOOST_TEST((believed.parts.back().uninspectable == mail::Uninspectable::crashed));
}

BOOST_AUTO_TEST_CASE(what_odd_mail_makes_them_see_differently_is_uninspectable) {
  const std::string body = "--bc\r\n\r\none\r\n--bc--\r\n";
  for (const char* type : {"multipart/mixed; boundary*0=\"b\"; boundary*1=\"c\"",          // RFC 2231 §3
                           "multipart/mixed; boundary*=us-ascii''bc",                      // RFC 2231 §4
                           "multipart/mixed; boundary=bc\r\nContent-Type: text/plain"}) {  // two types
    const std::string message = "Content-Type: " + std::string(type) + "\r\n\r\n" + body;
    const mail::Facts facts = inspect_with(case_probes(), message);
    const mail::Facts believed = believe(facts, read_skeleton(message, {}), message.size(), 100);
    BOOST_TEST((believed != facts), type);
    BOOST_TEST((std::ranges::find(believed.parts, mail::Uninspectable::crashed, &mail::Part::uninspectable) !=
                believed.parts.end()),
               type);
  }
}

BOOST_AUTO_TEST_CASE(at_the_limits_they_agree_too) {
  for (const unsigned depth : {1U, 2U, 3U, 5U}) {
    for (const std::size_t parts : {2U, 3U, 7U, 20U}) {
      for (unsigned seed = 1; seed <= 200; ++seed) {
        const std::string message = Composer(seed).message();
        BOOST_TEST_REQUIRE(disagreement(message, {.depth = depth, .parts = parts}) == "",
                           "depth " << depth << ", parts " << parts << ", seed " << seed);
      }
    }
  }
}

}  // namespace postern::inspect
