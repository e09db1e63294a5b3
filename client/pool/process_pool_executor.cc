#include <forkmill/process_pool_executor.h>

#include <atomic>
#include <utility>

#include "client/futures/log.h"
#include "client/pool/state.h"

namespace forkmill {

namespace {

PoolOptions pool_options(ExecutorOptions options) {
  static std::atomic<unsigned> last{0};
  PoolOptions pool;
  pool.processes = options.max_workers;
  pool.initializer = std::move(options.initializer);
  pool.max_tasks_per_child = options.max_tasks_per_child;
  pool.name = options.name.empty() ? "Executor-" + std::to_string(++last) : std::move(options.name);
  pool.queue = std::move(options.queue);
  return pool;
}

}  // namespace

ProcessPoolExecutor::ProcessPoolExecutor(ExecutorOptions options)
    : ProcessPoolExecutor{default_client(), std::move(options)} {}

ProcessPoolExecutor::ProcessPoolExecutor(Client& client, ExecutorOptions options)
    : origin_{client.engine_},
      state_{std::make_shared<detail::PoolState>(client, client.engine_, pool_options(std::move(options)))} {}

ProcessPoolExecutor::~ProcessPoolExecutor() {
  try {
    shutdown();
  } catch (const std::exception& error) {
    client::log().warn("an executor did not end cleanly: {}", error.what());
  }
  state_->stop_threads();
}

void ProcessPoolExecutor::submit_packed(std::string_view task, std::uint64_t signature, std::string arguments,
                                        const detail::ExecutorPromise& promise) {
  state_->feed().submit({std::string{task}, signature, false}, std::move(arguments), promise);
}

detail::PoolStreamRef ProcessPoolExecutor::open_stream(std::string_view task, std::uint64_t signature,
                                                       ChunkSize chunk_size) {
  return state_->open_stream({std::string{task}, signature, true}, chunk_size, true, true);
}

void ProcessPoolExecutor::shutdown(bool wait, bool cancel_futures) {
  state_->close();
  if (cancel_futures) state_->cancel_waiting();
  if (wait) state_->join();
}

}  // namespace forkmill
