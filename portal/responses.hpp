// What every answer of the portal carries beside its content: what a browser may do with it (Content-Security-Policy),
// that nobody keeps it, that no address of it goes to others, and that it is to be had by TLS alone.
#pragma once

#include <string>
#include <string_view>

#include "net/http_server.hpp"

namespace postern::portal {

inline constexpr std::string_view session_cookie = "__Host-postern";

/// A page of ours: no script, no frame of others, nothing from elsewhere.
[[nodiscard]] net::HttpResult page(std::string html, unsigned status = 200);
/// One of the two that have a script, /passkey.js.
[[nodiscard]] net::HttpResult scripted_page(std::string html, unsigned status = 200);
/// HTML that somebody else wrote, rebuilt by safe_html, for the sandboxed frame: images of this server, and its own
/// styles.
[[nodiscard]] net::HttpResult framed_page(std::string html);
/// After a POST: the address to go on from has no secret in it (RFC 9110 §15.4.4).
[[nodiscard]] net::HttpResult see_other(const std::string& path);
/// An octet stream to be saved under this name, never shown in place.
[[nodiscard]] net::HttpResult download(std::string octets, const std::string& type, const std::string& name);
/// One of the few image types that are shown. Else nothing of it is believed: 404's business of the caller.
[[nodiscard]] bool is_image(std::string_view type);
[[nodiscard]] net::HttpResult image(std::string octets, const std::string& type);
/// What is the same for everybody and may be kept for an hour.
[[nodiscard]] net::HttpResult asset(std::string content, const std::string& type);

void set_session(net::HttpResult& result, const std::string& token);
void clear_session(net::HttpResult& result);

/// RFC 8187 §3.2.1, and RFC 2231 §4 in mail: "UTF-8''" and percents.
[[nodiscard]] std::string extended_value(std::string_view text);
/// `filename*` (RFC 6266 §4.3, RFC 8187): percent-encoded UTF-8, with an ASCII name for old browsers.
[[nodiscard]] std::string content_disposition(std::string_view name);

}  // namespace postern::portal
