#include "portal/metrics_door.hpp"

namespace postern::portal {
namespace {

net::HttpResult plain(unsigned status, std::string text) {
  return {status, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, std::move(text)};
}

}  // namespace

net::awaitable<net::HttpResult> MetricsDoor::answer(std::string path) const {
  if (path != "/metrics") co_return plain(404, "There is /metrics.\n");
  const Result<State> state = co_await net::offload(pool_, [&store = store_] { return store.state(); });
  if (!state) co_return plain(503, "The store does not answer.\n");
  co_return plain(200, metrics_.text({site_.sessions(), state->deposits, state->octets}));
}

net::awaitable<void> MetricsDoor::serve(std::unique_ptr<net::Stream> stream) const {
  const net::HttpLimits limits;
  try {
    co_await net::serve_http(
        *stream, limits, [this](net::HttpCall call) { return answer(std::move(call.path)); },
        [](unsigned status, const net::HttpCall&) { return plain(status, "This is not HTTP.\n"); });
  } catch (const net::Broken&) {  // whoever watches asks again
  } catch (const net::Overloaded&) {
  }
  co_await stream->shutdown();
}

}  // namespace postern::portal
