#include "portal/responses.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/percent.hpp"

namespace postern::portal {
namespace {

constexpr const char* page_policy =
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";
/// Scripts of ours alone, and none in the page.
constexpr const char* script_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";
constexpr const char* frame_policy =
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox";
constexpr const char* nothing_policy = "default-src 'none'; frame-ancestors 'none'; sandbox";

net::HttpResult result_of(unsigned status, std::string type, std::string body, const char* policy,
                          const char* cache = "no-store") {
  net::HttpResult result{status, {}, std::move(body)};
  result.fields = {
      {"Content-Type", std::move(type)},
      {"Content-Security-Policy", policy},
      {"Cache-Control", cache},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
      {"Referrer-Policy", "no-referrer"},
      {"Strict-Transport-Security", "max-age=63072000"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", policy == frame_policy ? "SAMEORIGIN" : "DENY"},
      {"X-Robots-Tag", "noindex, nofollow"},
  };
  return result;
}

std::string html_type() {
  return "text/html; charset=utf-8";
}

}  // namespace

net::HttpResult page(std::string html, unsigned status) {
  return result_of(status, html_type(), std::move(html), page_policy);
}

net::HttpResult scripted_page(std::string html, unsigned status) {
  return result_of(status, html_type(), std::move(html), script_policy);
}

net::HttpResult framed_page(std::string html) {
  return result_of(200, html_type(), std::move(html), frame_policy);
}

net::HttpResult see_other(const std::string& path) {
  net::HttpResult result = result_of(303, "text/plain; charset=utf-8", "", nothing_policy);
  result.fields.emplace_back("Location", path);
  return result;
}

net::HttpResult download(std::string octets, const std::string& type, const std::string& name) {
  net::HttpResult result = result_of(200, type, std::move(octets), nothing_policy);
  result.fields.emplace_back("Content-Disposition", content_disposition(name));
  return result;
}

bool is_image(std::string_view type) {
  static constexpr std::array shown = {"image/png", "image/jpeg", "image/gif", "image/webp"};
  return std::ranges::find(shown, type) != shown.end();
}

net::HttpResult image(std::string octets, const std::string& type) {
  return result_of(200, type, std::move(octets), nothing_policy);
}

net::HttpResult asset(std::string content, const std::string& type) {
  return result_of(200, type, std::move(content), nothing_policy, "public, max-age=3600");
}

void set_session(net::HttpResult& result, const std::string& token) {
  result.fields.emplace_back("Set-Cookie",
                             std::string(session_cookie) + "=" + token + "; Path=/; Secure; HttpOnly; SameSite=Strict");
}

void clear_session(net::HttpResult& result) {
  result.fields.emplace_back("Set-Cookie",
                             std::string(session_cookie) + "=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

std::string extended_value(std::string_view text) {
  return "UTF-8''" + encode_percent(text, "!#$&+-.^_`|~");
}

std::string content_disposition(std::string_view name) {
  std::string plain;
  for (const char c : name)
    plain += is_alphanumeric(c) || c == '.' || c == '-' || c == '_' || c == ' ' ? c : '_';
  return "attachment; filename=\"" + plain + "\"; filename*=" + extended_value(name);
}

}  // namespace postern::portal
