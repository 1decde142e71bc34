// Any octets as a message's HTML: what is rebuilt of them is safe as another parser and other lists read it, says the
// same when it is rebuilt again, and is not much larger; the words alone hold no tag that was rebuilt.
#include "fuzz/target.hpp"
#include "fuzz/words.hpp"
#include "portal/safe_html.hpp"
#include "tests/portal/safe_reading.hpp"

using namespace postern;

FUZZ_WORDS(
    "a b p i div span font table tr td th tbody caption ul ol li dl dd dt pre br hr img h1 h2 center code big em s tt "
    "u "
    "script style svg math title textarea xmp noscript template select option form input button plaintext body html "
    "head href src style class align width bgcolor color face size dir lang title onclick cid http https mailto "
    "javascript data MsoNormal margin border font background rgb url expression position CDATA amp lt gt quot")

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string image = "/read/part/0";
  const std::string_view html = fuzz::text(data, size);
  const auto safe = portal::safe_html(html, [&image](std::string_view) { return image; });
  fuzz::require(portal::unsafe_because(safe.body.str(), image).empty());
  const auto without_images = portal::safe_html(html, {});
  const auto again = portal::safe_html(without_images.body.str(), {});
  fuzz::require(again.cut || again.body.str() == without_images.body.str());
  fuzz::require(again.blocked == 0);
  fuzz::require(portal::html_text(html).size() <= 16 * size + 1'000);
  return 0;
}
