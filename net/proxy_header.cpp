#include "net/proxy_header.hpp"

#include <boost/asio/ip/address.hpp>

#include "base/log.hpp"

namespace postern::net {
namespace {

constexpr std::string_view signature("\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a", 12);
constexpr std::chrono::seconds patience{5};

unsigned octet(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}
std::uint16_t port_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(octet(bytes, at) << 8 | octet(bytes, at + 1));
}

template <class Address>
std::string address_at(std::string_view bytes, std::size_t at) {
  typename Address::bytes_type raw{};
  for (std::size_t i = 0; i < raw.size(); ++i)
    raw[i] = static_cast<unsigned char>(bytes[at + i]);
  return Address(raw).to_string();
}

/// A connection whose other end is not the machine that connected.
class Proxied final : public Stream {
 public:
  Proxied(std::unique_ptr<Stream> inner, Endpoint peer) : inner_(std::move(inner)), peer_(std::move(peer)) {}
  awaitable<std::size_t> read_some(std::span<char> into) override { return inner_->read_some(into); }
  awaitable<void> write(std::string_view bytes) override { return inner_->write(bytes); }
  void expires_after(std::chrono::milliseconds timeout) override { inner_->expires_after(timeout); }
  awaitable<TlsSession> accept_tls(const TlsServer& server) override { return inner_->accept_tls(server); }
  awaitable<TlsSession> start_tls(const TlsClient& client, std::string name) override {
    return inner_->start_tls(client, std::move(name));
  }
  awaitable<void> shutdown() override { return inner_->shutdown(); }
  void close() noexcept override { inner_->close(); }
  Endpoint peer() const override { return peer_; }
  Endpoint local() const override { return inner_->local(); }

 private:
  std::unique_ptr<Stream> inner_;
  Endpoint peer_;
};

awaitable<void> read_exactly(Stream& stream, std::string& into, std::size_t size) {
  std::size_t have = into.size();
  into.resize(size);
  while (have < size) {
    const std::size_t got = co_await stream.read_some(std::span(into).subspan(have));
    if (got == 0) throw Broken("the connection ended inside the PROXY header");
    have += got;
  }
}

}  // namespace

Result<std::size_t> proxy_header_size(std::string_view fixed) {
  if (fixed.size() != proxy_fixed_size || !fixed.starts_with(signature)) {
    return fail(Errc::invalid, "no PROXY protocol header of version 2");
  }
  if (octet(fixed, 12) >> 4 != 2) return fail(Errc::invalid, "a PROXY protocol of another version");
  const std::size_t size = proxy_fixed_size + port_at(fixed, 14);
  if (size > proxy_most) return fail(Errc::limit, "a PROXY header of more than 4096 octets");
  return size;
}

Result<std::optional<Endpoint>> parse_proxy_header(std::string_view header) {
  constexpr unsigned local = 0, proxy = 1, tcp4 = 0x11, tcp6 = 0x21;
  const Result<std::size_t> size = proxy_header_size(header.substr(0, proxy_fixed_size));
  if (!size) return fail(size.error());
  if (header.size() != *size) return fail(Errc::invalid, "a PROXY header of another size than it says");
  const unsigned command = octet(header, 12) & 15, family = octet(header, 13);
  if (command != local && command != proxy) return fail(Errc::invalid, "an unknown PROXY command");
  if (command == local) return std::nullopt;
  namespace ip = boost::asio::ip;
  const std::string_view addresses = header.substr(proxy_fixed_size);
  if (family == tcp4 && addresses.size() >= 12) {
    return Endpoint{address_at<ip::address_v4>(addresses, 0), port_at(addresses, 8)};
  }
  if (family == tcp6 && addresses.size() >= 36) {
    return Endpoint{address_at<ip::address_v6>(addresses, 0), port_at(addresses, 32)};
  }
  return fail(Errc::invalid, "a PROXY header without a TCP address");
}

awaitable<std::unique_ptr<Stream>> behind_proxy(std::unique_ptr<Stream> stream) {
  stream->expires_after(patience);
  std::string header;
  co_await read_exactly(*stream, header, proxy_fixed_size);
  const Result<std::size_t> size = proxy_header_size(header);
  if (!size) throw Broken(size.error().text);
  co_await read_exactly(*stream, header, *size);
  const Result<std::optional<Endpoint>> source = parse_proxy_header(header);
  if (!source) throw Broken(source.error().text);
  if (!*source) co_return stream;
  co_return std::make_unique<Proxied>(std::move(stream), **source);
}

}  // namespace postern::net
