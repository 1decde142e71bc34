#include "portal/safe_html.hpp"

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include <gumbo.h>

#include "base/ascii.hpp"
#include "base/percent.hpp"
#include "portal/html_filter.hpp"
#include "portal/html_rules.hpp"
#include "portal/safe_link.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t most_octets = 2U << 20;
constexpr std::size_t most_memory = 192U << 20;  // of a tree
constexpr unsigned most_rounds = 6;

/// All memory of one parse. Nothing is given back before the end, so that a tree however deep needs no recursion to be
/// freed, and what the parser keeps too long points at nothing else. Beyond the limit the parse is left with a jump:
/// gumbo knows no failing allocation, and only its own frames, which are C, are between.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  static void* allocate(void* arena, std::size_t size) { return static_cast<Arena*>(arena)->take(size); }
  static void forget(void*, void*) {}
  std::jmp_buf& full() { return full_; }

 private:
  void* take(std::size_t size) {
    constexpr std::size_t grain = alignof(std::max_align_t), block = 1U << 18;
    size = (size + grain - 1) / grain * grain;
    if (size > left_) {
      const std::size_t more = std::max(size, block);
      if (more > most_memory - used_) std::longjmp(full_, 1);
      used_ += more;
      blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(more));
      next_ = blocks_.back().get();
      left_ = more;
    }
    std::byte* const taken = next_;
    next_ += size;
    left_ -= size;
    return taken;
  }

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0, used_ = 0;
  std::jmp_buf full_;
};

/// The tree of `html`, which must outlive it as `arena` must; null where it would be too large.
const GumboOutput* parse(const std::string& html, Arena& arena) {
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = &Arena::allocate;
  options.deallocator = &Arena::forget;
  options.userdata = &arena;
  options.max_errors = 0;
  if (setjmp(arena.full()) != 0) return nullptr;
  return gumbo_parse_with_options(&options, html.data(), html.size());
}

// The page that shows a message has a doctype: the tree is built as it is built there.
constexpr std::string_view page_begins = "<!DOCTYPE html><html><head></head><body>";

const GumboVector* children_of(const GumboNode* node) {
  return node->type == GUMBO_NODE_ELEMENT ? &node->v.element.children : nullptr;
}

const GumboNode* body_of(const GumboOutput* output) {
  const GumboVector* children = children_of(output->root);
  for (unsigned i = 0; children != nullptr && i < children->length; ++i) {
    const auto* node = static_cast<const GumboNode*>(children->data[i]);
    if (node->type == GUMBO_NODE_ELEMENT && node->v.element.tag == GUMBO_TAG_BODY) return node;
  }
  return nullptr;
}

/// "" for what is no element of HTML.
std::string_view name_of(const GumboNode* node) {
  if (node->type != GUMBO_NODE_ELEMENT || node->v.element.tag_namespace != GUMBO_NAMESPACE_HTML) return {};
  return gumbo_normalized_tagname(node->v.element.tag);
}

std::string_view text_of(const GumboNode* node) {
  const bool text = node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE;
  return text ? std::string_view(node->v.text.text) : std::string_view();
}

std::string_view value_of(const GumboNode* node, const char* attribute) {
  const GumboAttribute* found = gumbo_get_attribute(&node->v.element.attributes, attribute);
  return found == nullptr ? std::string_view() : std::string_view(found->value);
}

/// Goes through a tree without recursion. `enter` says whether the children are wanted; each entered node is left.
template <class Enter, class Leave>
void walk(const GumboNode* root, const Enter& enter, const Leave& leave) {
  struct Place {
    const GumboNode* node;
    unsigned next;
  };
  std::vector<Place> path{{root, 0}};
  while (!path.empty()) {
    Place& here = path.back();
    const GumboVector* children = children_of(here.node);
    if (children == nullptr || here.next == children->length) {
      if (here.node != root) leave(here.node);
      path.pop_back();
      continue;
    }
    const auto* child = static_cast<const GumboNode*>(children->data[here.next++]);
    if (enter(child)) path.push_back({child, 0});
  }
}

std::string with_lf(std::string_view text) {
  std::string out(text);
  std::ranges::replace(out, '\r', '\n');  // "&#13;": read again it would be a line feed
  return out;
}

using LocalImage = std::function<std::string(std::string_view)>;

/// Where "cid:" images are to be had. In the rounds after the first the addresses stand in the HTML already.
class Images {
 public:
  explicit Images(const LocalImage& local) : local_(local) {}

  std::optional<std::string> address(std::string_view source) {
    if (given_.contains(std::string(source))) return std::string(source);
    source = trimmed(source, " \t\n\r\f");
    if (lowered(source.substr(0, 4)) != "cid:" || !local_) return std::nullopt;
    std::string path = local_(decode_percent(source.substr(4)).value_or(std::string(source.substr(4))));
    if (!path.starts_with('/') || path.starts_with("//") || path.starts_with("/\\")) return std::nullopt;
    given_.insert(path);
    return path;
  }

 private:
  const LocalImage& local_;
  std::set<std::string> given_;
};

class Writer {
 public:
  explicit Writer(Images& images) : images_(images) {}

  std::string write(const GumboNode* body) {
    walk(body, [this](const GumboNode* node) { return enter(node); }, [this](const GumboNode* node) { leave(node); });
    return std::move(out_);
  }

 private:
  bool enter(const GumboNode* node) {
    if (const std::string_view text = text_of(node); !text.empty()) {
      out_ += escape(with_lf(text)).str();
      return false;
    }
    const std::string_view tag = name_of(node);
    if (tag.empty()) return false;
    const Fate fate = fate_of(tag);
    if (fate == Fate::unwrap) return true;
    if (fate != Fate::keep) return false;
    if (tag == "img") {
      image(node);
    } else if (tag != "a") {
      open(node, tag, "");
    } else if (const auto address = safe_link(value_of(node, "href"))) {
      open(node, tag, attribute("href", *address) + R"( rel="noopener noreferrer nofollow" target="_blank")");
    } else {
      return true;  // a link to nowhere is its text
    }
    if (is_void(tag)) return false;
    if (tag == "pre") keep_first_line_feed(node);
    return true;
  }

  void leave(const GumboNode* node) {
    const std::string_view tag = name_of(node);
    if (fate_of(tag) != Fate::keep || (tag == "a" && !safe_link(value_of(node, "href")))) return;
    out_ += "</" + std::string(tag) + ">";
  }

  static std::string attribute(std::string_view name, std::string_view value) {
    return " " + std::string(name) + "=\"" + escape(with_lf(value)).str() + "\"";
  }

  void open(const GumboNode* node, std::string_view tag, std::string_view more) {
    out_ += "<" + std::string(tag);
    const GumboVector& attributes = node->v.element.attributes;
    for (unsigned i = 0; i < attributes.length; ++i) {
      const auto* one = static_cast<const GumboAttribute*>(attributes.data[i]);
      if (const auto value = safe_value(tag, one->name, one->value)) out_ += attribute(one->name, *value);
    }
    out_ += more;
    out_ += ">";
  }

  /// One that is not to be had stands for its alternative text, and for nothing where it has none.
  void image(const GumboNode* node) {
    const auto address = images_.address(value_of(node, "src"));
    if (!address && trimmed(value_of(node, "alt"), " \t\n\r\f").empty()) return;
    open(node, "img", address ? attribute("src", *address) : "");
  }

  /// A parser leaves out one that follows "<pre>" (HTML §13.2.6.4.7).
  void keep_first_line_feed(const GumboNode* node) {
    const GumboVector* children = children_of(node);
    if (children->length == 0) return;
    const std::string_view text = text_of(static_cast<const GumboNode*>(children->data[0]));
    if (text.starts_with('\n') || text.starts_with('\r')) out_ += "\n";
  }

  Images& images_;
  std::string out_;
};

/// Once through filter, parser and writer.
std::optional<std::string> rebuild(const std::string& filtered, Images& images) {
  Arena arena;
  const std::string page = std::string(page_begins) + filtered;
  const GumboOutput* output = parse(page, arena);
  const GumboNode* body = output == nullptr ? nullptr : body_of(output);
  if (body == nullptr) return std::nullopt;
  return Writer(images).write(body);
}

/// Until it reads the same again: what a browser makes of it is then what was written, and no second reading of the
/// same octets ("mutation XSS") has room between. Nothing where it does not come to rest.
std::optional<std::string> settled(const std::string& filtered, Images& images) {
  auto now = rebuild(filtered, images);
  for (unsigned round = 1; now && round < most_rounds; ++round) {
    auto again = rebuild(filter_html(*now).html, images);
    if (again == now) return now;
    now = std::move(again);
  }
  return std::nullopt;
}

constexpr std::string_view blocks =
    " address article aside blockquote br caption center dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 "
    "header hr "
    "li main nav ol p pre section table tr ul ";

bool is_block(std::string_view tag) {
  return !tag.empty() && blocks.find(" " + std::string(tag) + " ") != std::string_view::npos;
}

class TextWriter {
 public:
  std::string write(const GumboNode* body) {
    walk(body, [this](const GumboNode* node) { return enter(node); }, [this](const GumboNode* node) { leave(node); });
    while (!out_.empty() && (out_.back() == ' ' || out_.back() == '\n'))
      out_.pop_back();
    return std::move(out_);
  }

 private:
  bool enter(const GumboNode* node) {
    if (const std::string_view text = text_of(node); !text.empty()) {
      words(text);
      return false;
    }
    const std::string_view tag = name_of(node);
    if (tag == "br") {
      line();
    } else if (tag == "img") {
      words(value_of(node, "alt"));
    } else if (is_block(tag)) {
      begin_line();
      if (tag == "li") out_ += "- ";
    }
    if (tag == "pre") ++pre_;
    return true;
  }

  void leave(const GumboNode* node) {
    const std::string_view tag = name_of(node);
    if (tag == "pre") --pre_;
    if (tag == "p" || tag.size() == 2) paragraph(tag);
    if (is_block(tag) && tag != "br") begin_line();
    if (tag == "td" || tag == "th") words(" ");
  }

  void paragraph(std::string_view tag) {
    const bool heading = tag[0] == 'h' && tag.size() == 2 && is_digit(tag[1]);
    if ((tag != "p" && !heading) || out_.empty()) return;
    begin_line();
    if (!out_.ends_with("\n\n")) out_ += "\n";
  }

  void words(std::string_view text) {
    for (const char c : text) {
      const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
      if (pre_ > 0 && c == '\n') {
        out_ += c;
      } else if (!blank) {
        out_ += c;
      } else if (pre_ > 0 || (!out_.empty() && out_.back() != ' ' && out_.back() != '\n')) {
        out_ += ' ';
      }
    }
  }

  void line() {
    while (out_.ends_with(' '))
      out_.pop_back();
    out_ += '\n';
  }

  void begin_line() {
    while (out_.ends_with(' '))
      out_.pop_back();
    if (!out_.empty() && !out_.ends_with('\n')) out_ += '\n';
  }

  std::string out_;
  unsigned pre_ = 0;
};

/// Where no tree is to be had: the words alone.
std::string without_tags(std::string_view filtered) {
  std::string out;
  while (!filtered.empty()) {
    const std::size_t tag = std::min(filtered.find('<'), filtered.size());
    out += filtered.substr(0, tag);
    filtered.remove_prefix(tag);
    // In filtered HTML every quote in a tag is one of ours.
    bool quoted = false;
    std::size_t end = 0;
    for (; end < filtered.size() && (quoted || filtered[end] != '>'); ++end)
      quoted = quoted != (filtered[end] == '"');
    filtered.remove_prefix(std::min(end + 1, filtered.size()));
    if (tag > 0) out += ' ';
  }
  return out;
}

}  // namespace

SafeHtml safe_html(std::string_view html, const LocalImage& local_image) {
  SafeHtml safe;
  const FilteredHtml filtered = filter_html(html.substr(0, most_octets));
  safe.blocked = filtered.blocked;
  safe.cut = filtered.cut || html.size() > most_octets;
  Images images(local_image);
  auto body = settled(filtered.html, images);
  if (!body) {
    safe.cut = true;
    body = rebuild(without_tags(filtered.html), images);
  }
  if (body) safe.body = rebuilt(std::move(*body));
  return safe;
}

std::string html_text(std::string_view html) {
  const std::string page = std::string(page_begins) + filter_html(html.substr(0, most_octets)).html;
  Arena arena;
  const GumboOutput* output = parse(page, arena);
  const GumboNode* body = output == nullptr ? nullptr : body_of(output);
  return body == nullptr ? without_tags(page) : TextWriter().write(body);
}

}  // namespace postern::portal
