// Dates, sizes and kinds of files as a language writes them.
#include <chrono>

#include "portal/texts.hpp"

namespace postern::portal {
namespace {

std::string two_digits(std::int64_t number) {
  const std::string digits = std::to_string(number);
  return digits.size() < 2 ? "0" + digits : digits;
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
  for (const std::string_view end : ends)
    if (text.ends_with(end)) return true;
  return false;
}

const Words& kind(const Texts& texts, std::string_view type) {
  if (type.starts_with("image/")) return texts.image;
  if (type.starts_with("audio/")) return texts.audio;
  if (type.starts_with("video/")) return texts.video;
  if (type.starts_with("message/")) return texts.mail;
  if (type == "text/calendar") return texts.calendar;
  if (ends_with_any(type, {"spreadsheetml.sheet", ".spreadsheet", "/vnd.ms-excel", "text/csv"})) return texts.sheet;
  if (ends_with_any(type, {"presentationml.presentation", ".presentation", "/vnd.ms-powerpoint"})) return texts.slides;
  if (ends_with_any(type, {"/pdf", "/rtf", "/msword", "wordprocessingml.document", "opendocument.text", "text/html"}))
    return texts.document;
  if (ends_with_any(type, {"/zip", "/gzip", "/x-tar", "/x-7z-compressed", "/vnd.rar"})) return texts.archive;
  if (type.starts_with("text/")) return texts.plain_text;
  return texts.file;
}

}  // namespace

Markup day_of(const Texts& texts, Time time) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
  const auto number = unsigned(date.day());
  return say(texts.day, number == 1 ? say(texts.first) : escape(std::to_string(number)),
             say(texts.months.at(unsigned(date.month()) - 1)), escape(std::to_string(int(date.year()))));
}

Markup moment_of(const Texts& texts, Time time) {
  const std::chrono::hh_mm_ss clock{time - std::chrono::floor<std::chrono::days>(time)};
  const std::string hours_and_minutes = two_digits(clock.hours().count()) + ":" + two_digits(clock.minutes().count());
  return "<time datetime=\""_html + escape(format_rfc3339(time)) + "\">"_html +
         say(texts.moment, day_of(texts, time), escape(hours_and_minutes)) + "</time>"_html;
}

Markup size_of(const Texts& texts, std::uint64_t octets) {
  if (octets < 1000) return say(texts.octets, octets);
  std::size_t name = 0;
  std::uint64_t unit = 1000;
  for (; octets >= unit * 1000 - unit / 2 && name + 1 < texts.units.size(); ++name)
    unit *= 1000;
  const auto rounded_to = [&](std::uint64_t step) { return (octets + step / 2) / step; };
  const std::uint64_t tenths = rounded_to(unit / 10);
  Markup number = escape(std::to_string(tenths < 100 ? tenths / 10 : rounded_to(unit)));
  if (tenths < 100 && tenths % 10 != 0) number += say(texts.decimal_mark) + escape(std::to_string(tenths % 10));
  return number + "\u00A0"_html + say(texts.units.at(name));
}

Markup kind_of(const Texts& texts, std::string_view media_type) {
  return say(kind(texts, media_type));
}

}  // namespace postern::portal
