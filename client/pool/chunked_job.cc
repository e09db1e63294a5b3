#include "client/pool/chunked_job.h"

#include <forkmill/errors.h>

#include <utility>

namespace forkmill::detail {

namespace {

std::chrono::microseconds since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - then);
}

}  // namespace

ChunkedJob::ChunkedJob(std::weak_ptr<PoolCalls> calls, std::shared_ptr<Executor> callbacks, PoolDeliver deliver,
                       ChunkedTerms terms, PackedItems items)
    : PoolJob{std::move(calls), terms.sender->origin(), std::move(callbacks), std::move(deliver)},
      terms_{std::move(terms)},
      items_{std::move(items)},
      plan_{items_.size(), terms_.processes, terms_.call.aim(), terms_.costs->of(terms_.call.task)} {}

// ---- Sending --------------------------------------------------------------------------------------------------------

void ChunkedJob::start() {
  if (items_.empty()) return complete(nullptr);
  feed();
}

// Sends chunks until enough are under way. Throws the error of the first chunk of the job; other errors end the job.
void ChunkedJob::feed() {
  while (const auto items = next()) {
    try {
      send(*items);
    } catch (...) {
      bool first = false;
      bool now = false;
      bool later = false;
      {
        const std::lock_guard hold{mutex_};
        plan_.unsent(*items);
        first = index_ == 0;
        now = plan_.has_made_room() && !first;
        later = plan_.any_under_way();  // the next chunk that gets done makes room
        feeding_ = now;
      }
      if (first) throw;
      if (now) continue;
      if (!later) end(std::current_exception());
      return;
    }
  }
}

std::optional<Span> ChunkedJob::next() {
  const std::lock_guard hold{mutex_};
  auto items = is_over() ? std::nullopt : plan_.next();
  if (!items) {
    feeding_ = false;
    return std::nullopt;
  }
  const auto count = items_.count_within(items->first, items->count, kChunkBytes);
  plan_.shorten(*items, count);
  items->count = count;
  return items;
}

void ChunkedJob::send(const Span& items) {
  Chunk chunk = terms_.sender->send(terms_.call, items_, items, terms_.call.budget());
  std::size_t index = 0;
  {
    const std::lock_guard hold{mutex_};
    index = index_++;
    sent_.emplace(index, Sent{items, chunk});
  }
  if (is_over())
    chunk->cancel();
  else
    chunk->add(new ChunkDone{shared_from_this(), index});
}

void ChunkedJob::feed_later() {
  auto self = std::static_pointer_cast<ChunkedJob>(shared_from_this());
  terms_.feeding->execute(Work{new CallbackWork{[self = std::move(self)](bool runs) {
    if (runs) self->feed();
  }}});
}

// ---- Ends of chunks -------------------------------------------------------------------------------------------------

void ChunkedJob::chunk_done(std::size_t index) noexcept {
  bool feeds = false;
  bool done = false;
  {
    const std::lock_guard hold{mutex_};
    const auto found = sent_.extract(index);
    note(found.mapped());
    done = plan_.is_over();
    if (done) items_ = {};
    if (done) terms_.costs->note(terms_.call.task, plan_.cost());
    feeds = !feeding_ && plan_.has_next();
    feeding_ |= feeds;
  }
  if (done) complete(nullptr);
  if (feeds) feed_later();
}

void ChunkedJob::note(const Sent& done) {
  const auto& [items, chunk, sent_at] = done;
  try {
    const ChunkResult part = read_part(bytes_of(*chunk), items.count);
    ran_.emplace(items.first, Ran{chunk, part.results});
    if (!part.errors.empty()) note_error(items.first + part.errors.front().item, part.errors.front().error);
    const auto round_trip = since(sent_at);
    plan_.ran(items, part.items, part.run_time.value_or(round_trip), round_trip);
  } catch (const WorkerLost&) {
    if (!plan_.lost(items)) note_error(items.first, std::current_exception());
  } catch (const Timeout&) {
    if (!plan_.lost(items)) note_error(items.first, std::current_exception());
  } catch (...) {
    note_error(items.first, std::current_exception());
    plan_.failed();
  }
}

void ChunkedJob::note_error(std::size_t item, const std::exception_ptr& error) {
  if (first_error_.error && first_error_.item < item) return;
  first_error_ = {item, error};
}

// ---- Results --------------------------------------------------------------------------------------------------------

std::vector<Chunk> ChunkedJob::chunks_under_way() const {
  const std::lock_guard hold{mutex_};
  std::vector<Chunk> chunks;
  chunks.reserve(sent_.size());
  for (const auto& [index, one] : sent_) chunks.push_back(one.chunk);
  return chunks;
}

std::exception_ptr ChunkedJob::first_error() const {
  const std::lock_guard hold{mutex_};
  return first_error_.error;
}

std::vector<std::string_view> ChunkedJob::packed_results() const {
  const std::lock_guard hold{mutex_};
  std::vector<std::string_view> all;
  all.reserve(ran_.size());
  for (const auto& [item, one] : ran_) all.push_back(one.results);
  return all;
}

}  // namespace forkmill::detail
