// A receiving server over real sockets and real TLS, on loopback.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "net/runtime.hpp"
#include "net/tls.hpp"
#include "tests/smtp/recorder.hpp"
#include "tests/support/certificate.hpp"

namespace postern::smtp {

inline constexpr std::chrono::seconds patience{10};

inline Secret secret(const std::string& text) {
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

/// A server on a port of the system's choice, for as long as the object lives.
struct Server {
  explicit Server(Starttls starttls = Starttls::off, std::chrono::milliseconds command_patience = patience)
      : runtime(1), tasks("server") {
    options.hostname = "gw.example";
    options.starttls = starttls;
    options.tls = net::TlsServer::make({certificate.certificate_pem, secret(certificate.key_pem), false, ""}).value();
    options.timeouts.command = command_patience;
    acceptor = net::Acceptor::open(
                   runtime, tasks, {{"127.0.0.1", 0}, 100, 100},
                   [this](std::unique_ptr<net::Stream> stream) -> net::awaitable<void> {
                     co_await serve(*stream, options, receiver);
                   },
                   [](std::unique_ptr<net::Stream>) -> net::awaitable<void> { co_return; })
                   .value();
  }
  ~Server() { end(); }
  /// After this nothing runs that could write to the recorder.
  void end() {
    acceptor->close();
    tasks.cancel();
    tasks.join();
  }

  test::Certificate certificate = test::make_certificate("mx.example");
  net::Runtime runtime;
  net::TaskGroup tasks;
  ServerOptions options;
  Recorder receiver;
  std::unique_ptr<net::Acceptor> acceptor;
};

inline std::shared_ptr<const net::TlsClient> client_that_trusts(const std::string& ca_pem) {
  net::TlsClientOptions options;
  options.ca_pem = ca_pem;
  options.system_roots = false;
  return net::TlsClient::make(options).value();
}

}  // namespace postern::smtp
