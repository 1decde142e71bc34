#include "inspect/skeleton.hpp"

#include <algorithm>
#include <optional>

#include "inspect/content_type.hpp"
#include "inspect/media.hpp"
#include "mail/headers.hpp"

namespace postern::inspect {
namespace {

constexpr unsigned deepest = 40;  // as in parts.cpp: a path has at most 255 octets
constexpr std::size_t nowhere = SIZE_MAX;

enum class Line { text, boundary, end };

/// What a line is to the multiparts that are open, the innermost first.
struct Stop {
  Line line = Line::text;
  std::size_t level = 0;  // index into the boundaries; meaningless for text
  bool ended = false;     // no line at all
};

std::string_view without_blanks_at_end(std::string_view line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r'))
    line.remove_suffix(1);
  return line;
}

/// "--boundary" or, at the end, "--boundary--"; blanks after it are allowed (RFC 2046 §5.1.1).
Line classify(std::string_view line, std::string_view delimiter) {
  if (!line.starts_with(delimiter)) return Line::text;
  line = without_blanks_at_end(line.substr(delimiter.size()));
  if (line.empty()) return Line::boundary;
  return line == "--" ? Line::end : Line::text;
}

bool opens_as_message(const std::string& type) {
  return type == "message/rfc822" || type == "message/rfc2822" || type == "message/global" || type == "message/news";
}

struct Entity {
  std::string media_type;
  std::optional<std::string> boundary;
  bool multipart = false, digest = false, encoded = false, two_types = false;
  Stop stop;  // a boundary among the headers: there is no body
};

class Scan {
 public:
  Scan(std::string_view message, const InspectLimits& limits) : text_(message), limits_(limits) {}

  Skeleton run() {
    if (text_.empty()) return {};
    const Entity top = headers(false);
    body(top, "", 1, nowhere);
    return std::move(out_);
  }

 private:
  /// The next line without its end, which is taken; at the end of the text, nothing.
  std::optional<std::string_view> line() {
    if (at_ >= text_.size()) return std::nullopt;
    const std::size_t end = text_.find('\n', at_);
    std::string_view found = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    next_ = end == std::string_view::npos ? text_.size() : end + 1;
    if (found.ends_with('\r')) found.remove_suffix(1);
    return found;
  }
  void take_line() { at_ = next_; }

  [[nodiscard]] Stop classify(std::string_view line) const {
    if (!line.starts_with("--")) return {};
    for (std::size_t level = boundaries_.size(); level-- > 0;) {
      if (const Line found = inspect::classify(line, boundaries_[level]); found != Line::text)
        return {found, level, false};
    }
    return {};
  }

  /// To the next boundary of any open multipart, which is not taken.
  Stop skip_body() {
    for (std::optional<std::string_view> here; (here = line()); take_line()) {
      if (const Stop stop = classify(*here); stop.line != Line::text) return stop;
    }
    return {Line::text, 0, true};
  }

  /// A header section and the blank line after it.
  Entity headers(bool in_digest) {
    const std::size_t begin = at_;
    std::size_t end = at_;
    Stop stop{Line::text, 0, true};
    for (std::optional<std::string_view> here; (here = line());) {
      stop = classify(*here);
      if (stop.line != Line::text) break;
      take_line();
      if (here->empty()) break;
      end = at_;
      stop.ended = at_ >= text_.size();
    }
    Entity entity = describe(text_.substr(begin, end - begin), in_digest);
    entity.stop = stop;
    return entity;
  }

  static Entity describe(std::string_view section, bool in_digest) {
    const mail::HeaderView view(section);
    const auto types = view.all("Content-Type"), encodings = view.all("Content-Transfer-Encoding");
    Entity entity;
    entity.two_types = types.size() > 1 || encodings.size() > 1;
    entity.media_type = in_digest ? "message/rfc822" : "text/plain";  // RFC 2046 §5.1.5, RFC 2045 §5.2
    if (!types.empty()) {
      if (const auto type = parse_content_type(types.front().raw)) {
        entity.media_type = clean_media_type(type->type, type->subtype);
        entity.multipart = type->type == "multipart";
        entity.digest = entity.multipart && type->subtype == "digest";
        if (entity.multipart) entity.boundary = type->boundary;
      }
    }
    if (!encodings.empty()) {
      const std::string encoding = mail::unfold(encodings.front().raw);
      for (const char* name : {"base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue"})
        entity.encoded = entity.encoded || mail::equals_ignoring_case(encoding, name);
    }
    return entity;
  }

  std::size_t add(const Entity& entity, const std::string& path, bool leaf) {
    if (out_.parts.size() >= limits_.parts) {
      out_.whole = false;
      return nowhere;
    }
    out_.parts.push_back({path, entity.media_type, leaf, entity.two_types});
    return out_.parts.size() - 1;
  }

  /// The body of a message whose headers were read. `holder`: the part that holds the message.
  Stop body(const Entity& top, const std::string& path, unsigned depth, std::size_t holder) {
    return entity(top, top.multipart ? path : path.empty() ? "1" : path + ".1", depth, holder, true);
  }

  Stop entity(const Entity& entity, const std::string& path, unsigned depth, std::size_t holder, bool top) {
    if (depth > std::min(limits_.depth, deepest)) {
      add(entity, path.empty() ? "1" : path, true);
      return rest(entity);
    }
    if (entity.multipart) return multipart(entity, path, depth, holder, top);
    if (opens_as_message(entity.media_type) && !entity.encoded) return message(entity, path, depth);
    add(entity, path, true);
    return rest(entity);
  }

  Stop rest(const Entity& entity) {
    if (entity.stop.line != Line::text || entity.stop.ended) return entity.stop;
    return skip_body();
  }

  Stop message(const Entity& outer, const std::string& path, unsigned depth) {
    const std::size_t holder = add(outer, path, false);
    if (outer.stop.line != Line::text || outer.stop.ended) return broken(holder, outer.stop);
    if (const auto here = line(); !here || classify(*here).line != Line::text) {
      return broken(holder, here ? classify(*here) : Stop{Line::text, 0, true});
    }
    return body(headers(false), path, depth + 1, holder);
  }

  Stop broken(std::size_t part, Stop stop) {
    if (part != nowhere) {
      out_.parts[part].broken = true;
      out_.parts[part].leaf = true;
    }
    return stop;
  }

  Stop multipart(const Entity& outer, const std::string& path, unsigned depth, std::size_t holder, bool top) {
    if (!path.empty()) out_.multiparts.push_back(path);
    Stop stop = outer.stop;
    unsigned children = 0;
    if (outer.boundary && stop.line == Line::text && !stop.ended) {
      boundaries_.push_back("--" + *outer.boundary);
      stop = parts(outer, path, depth, children);
      boundaries_.pop_back();
    } else {
      stop = rest(outer);
    }
    if ((children == 0 && out_.whole) || outer.two_types) mark_multipart(outer, path, holder, top);
    return stop;
  }

  /// A multipart that cannot be relied upon: parts.cpp gives it a part of its own, or marks what holds it.
  void mark_multipart(const Entity& multipart, const std::string& path, std::size_t holder, bool top) {
    if (!top) {
      broken(add(multipart, path, true), {});
    } else if (holder != nowhere) {
      out_.parts[holder].broken = true;
    } else {
      out_.parts.push_back({"0", "text/rfc822-headers", true, true});
    }
  }

  Stop parts(const Entity& outer, const std::string& path, unsigned depth, unsigned& children) {
    const std::size_t level = boundaries_.size() - 1;
    Stop stop = skip_body();
    while (stop.line == Line::boundary && stop.level == level && out_.whole) {
      take_boundary();
      if (at_ >= text_.size()) return {Line::text, 0, true};
      const std::size_t begin = at_;
      const Entity child = headers(outer.digest);
      if (child.stop.line != Line::text && at_ == begin) {  // two boundaries, and nothing between them
        stop = child.stop;
        continue;
      }
      ++children;
      const std::string number = std::to_string(children);
      stop = entity(child, path.empty() ? number : path + "." + number, depth + 1, nowhere, false);
    }
    if (stop.line != Line::end || stop.level != level) return stop;
    take_boundary();
    const std::string own = std::move(boundaries_.back());
    boundaries_.pop_back();
    stop = skip_body();  // the epilogue
    boundaries_.push_back(own);
    return stop;
  }

  void take_boundary() {
    (void)line();
    take_line();
  }

  std::string_view text_;
  const InspectLimits& limits_;
  std::size_t at_ = 0, next_ = 0;
  std::vector<std::string> boundaries_;
  Skeleton out_;
};

}  // namespace

Skeleton read_skeleton(std::string_view message, const InspectLimits& limits) {
  return Scan(message, limits).run();
}

bool plain_text_and_html(const Skeleton& skeleton) {
  return skeleton.whole && !skeleton.parts.empty() && std::ranges::all_of(skeleton.parts, [](const SkeletonPart& part) {
           return !part.broken && (part.media_type == "text/plain" || part.media_type == "text/html");
         });
}

}  // namespace postern::inspect
