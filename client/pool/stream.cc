#include "client/pool/stream.h"

#include <chrono>
#include <utility>

namespace forkmill::detail {

PoolStream::PoolStream(std::weak_ptr<PoolCalls> calls, std::shared_ptr<ChunkSender> sender, ChunkCall call,
                       std::size_t chunk_size, bool ordered)
    : calls_{std::move(calls)},
      sender_{std::move(sender)},
      call_{std::move(call)},
      chunk_size_{chunk_size},
      chunks_{ordered} {}

// ---- Adding ---------------------------------------------------------------------------------------------------------

void PoolStream::add(std::string packed) {
  gathered_.push_back(std::move(packed));
  if (gathered_.size() == chunk_size_) send();
}

void PoolStream::send() {
  if (gathered_.empty()) return;
  {
    const std::lock_guard hold{mutex_};
    if (over_ || calls_.expired()) return gathered_.clear();
  }
  auto chunk = std::move(sender_->send(call_, std::exchange(gathered_, {}), chunk_size_).front());
  std::size_t index = 0;
  bool too_late = false;
  {
    const std::lock_guard hold{mutex_};
    index = chunks_.add(chunk);
    too_late = over_;
  }
  if (too_late)
    chunk->cancel();
  else
    chunk->add(new ChunkDone{shared_from_this(), index});
}

void PoolStream::finish(std::exception_ptr failure) {
  try {
    send();
  } catch (...) {
    if (!failure) failure = std::current_exception();
  }
  bool done = false;
  {
    const std::lock_guard hold{mutex_};
    finished_ = true;
    if (!over_) failure_ = std::move(failure);
    done = is_done();
    changed_.notify_all();
  }
  remove_if(done);
}

// ---- Ends -----------------------------------------------------------------------------------------------------------

void PoolStream::end(std::exception_ptr error) {
  std::vector<Chunk> rest;
  {
    const std::lock_guard hold{mutex_};
    if (over_ || is_done()) return;
    over_ = true;
    failure_ = std::move(error);
    rest = chunks_.undone();
    changed_.notify_all();
  }
  for (const Chunk& chunk : rest) chunk->cancel();
  remove_if(true);
}

void PoolStream::chunk_done(std::size_t index) noexcept {
  bool done = false;
  {
    const std::lock_guard hold{mutex_};
    if (over_) return;
    chunks_.set_done(index);
    done = is_done();
    changed_.notify_all();
  }
  remove_if(done);
}

void PoolStream::remove_if(bool done) {
  if (!done) return;
  if (const auto calls = calls_.lock()) calls->remove(*this);
}

// ---- Reading --------------------------------------------------------------------------------------------------------

bool PoolStream::next(const Deadline& deadline, std::chrono::nanoseconds how_long, const ItemReader::UseItem& use) {
  std::unique_lock lock{mutex_};
  for (;;) {
    if (!reader_.empty()) {
      reader_.next(use);
      return true;
    }
    if (open_next_chunk()) continue;
    if (over_ || (finished_ && chunks_.all_popped())) return throw_or_end();
    if (!deadline)
      changed_.wait(lock);
    else if (changed_.wait_until(lock, *deadline) == std::cv_status::timeout &&
             std::chrono::steady_clock::now() >= *deadline && !open_next_chunk())
      throw_pool_timeout(how_long);
  }
}

// False: the next chunk is not done. Throws its error.
bool PoolStream::open_next_chunk() {
  const Chunk chunk = chunks_.pop();
  if (!chunk) return false;
  reader_.open(results_of(*chunk));
  return true;
}

bool PoolStream::throw_or_end() {
  if (auto failure = std::exchange(failure_, nullptr)) std::rethrow_exception(failure);
  return false;
}

// ---- What Pool and PoolResults ask ----------------------------------------------------------------------------------

void stream_add(PoolStream& stream, std::string packed) { stream.add(std::move(packed)); }

void stream_end(PoolStream& stream, std::exception_ptr failure) { stream.finish(std::move(failure)); }

bool stream_next(PoolStream& stream, std::optional<std::chrono::nanoseconds> how_long, const ItemReader::UseItem& use) {
  return stream.next(how_long ? deadline_after(*how_long) : Deadline{}, how_long.value_or(std::chrono::nanoseconds{0}),
                     use);
}

}  // namespace forkmill::detail
