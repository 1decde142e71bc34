// Where the portal's metrics are fetched: GET /metrics over plain HTTP, on this machine.
#pragma once

#include <memory>

#include "net/offload.hpp"
#include "net/stream.hpp"
#include "portal/metrics.hpp"
#include "portal/site.hpp"
#include "portal/store.hpp"

namespace postern::portal {

class MetricsDoor {
 public:
  MetricsDoor(const Metrics& metrics, const Site& site, Store& store, net::Pool& pool)
      : metrics_(metrics), site_(site), store_(store), pool_(pool) {}
  /// Until the connection is over; this outlives it.
  net::awaitable<void> serve(std::unique_ptr<net::Stream> stream) const;

 private:
  net::awaitable<net::HttpResult> answer(std::string path) const;

  const Metrics& metrics_;
  const Site& site_;
  Store& store_;
  net::Pool& pool_;
};

}  // namespace postern::portal
