#include <forkmill/pool.h>

#include "client/futures/log.h"
#include "client/pool/state.h"

namespace forkmill {

Pool::Pool(PoolOptions options) : Pool{default_client(), std::move(options)} {}

Pool::Pool(Client& client, PoolOptions options)
    : state_{std::make_shared<detail::PoolState>(client, client.engine_, std::move(options))} {}

Pool::~Pool() {
  try {
    state_->terminate();
  } catch (const std::exception& error) {
    client::log().warn("a pool did not end cleanly: {}", error.what());
  }
  state_->stop_threads();
}

detail::PoolJobRef Pool::submit(std::string_view task, std::uint64_t signature, detail::PackedItems items,
                                ChunkSize chunk_size, detail::PoolDeliver deliver) {
  return state_->submit({std::string{task}, signature}, std::move(items), chunk_size, std::move(deliver));
}

detail::PoolJobRef Pool::submit_merged(std::string_view task, std::uint64_t signature, detail::PackedItems items,
                                       ChunkSize chunk_size) {
  return state_->submit({.task = std::string{task}, .signature = signature, .merged = true}, std::move(items),
                        chunk_size, {});
}

detail::PoolStreamRef Pool::open_stream(std::string_view task, std::uint64_t signature, ChunkSize chunk_size,
                                        bool ordered) {
  return state_->open_stream({.task = std::string{task}, .signature = signature, .each = true}, chunk_size, ordered);
}

void Pool::close() { state_->close(); }
void Pool::terminate() { state_->terminate(); }
void Pool::join() { state_->join(); }
std::int64_t Pool::processes() const { return state_->processes(); }

}  // namespace forkmill
