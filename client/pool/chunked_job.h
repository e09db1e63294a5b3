// ChunkedJob: a job that cuts its items into chunks itself, by how long they run (plan/map_plan.h). An item that fails,
// whose process dies or that runs over its time limit costs no other item. Thread-safe.
//
// A few chunks are under way at a time. The caller's thread sends the first ones, and the feeding executor the others,
// as chunks get done: the thread that resolves them must not submit.
#pragma once

#include <forkmill/detail/packed_items.h>

#include <chrono>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "client/pool/chunk_result.h"
#include "client/pool/chunks.h"
#include "client/pool/job.h"
#include "client/pool/plan/item_costs.h"
#include "client/pool/plan/map_plan.h"

namespace forkmill::detail {

// How a job's chunks are made and sent.
struct ChunkedTerms {
  std::shared_ptr<ChunkSender> sender;
  std::shared_ptr<Executor> feeding;
  ChunkCall call;
  std::size_t processes = 0;  // 0: their number is not known
  std::shared_ptr<ItemCosts> costs = std::make_shared<ItemCosts>();
};

class ChunkedJob final : public PoolJob {
 public:
  ChunkedJob(std::weak_ptr<PoolCalls> calls, std::shared_ptr<Executor> callbacks, PoolDeliver deliver,
             ChunkedTerms terms, PackedItems items);

  // Sends the first chunks; once. Throws what ChunkSender::send() throws, if nothing was sent.
  void start();
  void chunk_done(std::size_t index) noexcept override;

 private:
  struct Sent {
    Span items;
    Chunk chunk;
    std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
  };
  struct Ran {
    Chunk chunk;               // keeps the results
    std::string_view results;  // packed array
  };

  std::vector<Chunk> chunks_under_way() const override;
  std::exception_ptr first_error() const override;
  std::vector<std::string_view> packed_results() const override;

  void feed();
  void feed_later();
  std::optional<Span> next();
  void send(const Span& items);
  void note(const Sent& done);
  void note_error(std::size_t item, const std::exception_ptr& error);

  const ChunkedTerms terms_;
  PackedItems items_;

  mutable std::mutex mutex_;
  MapPlan plan_;
  bool feeding_ = true;                         // a thread sends chunks, or is about to
  std::size_t index_ = 0;                       // number of the next chunk
  std::unordered_map<std::size_t, Sent> sent_;  // by index
  std::map<std::size_t, Ran> ran_;              // by the first item
  ChunkResult::ItemError first_error_;          // the first one in the order of the items
};

}  // namespace forkmill::detail
