#include "client/pool/stream.h"

#include <chrono>
#include <utility>

namespace forkmill::detail {

namespace {

constexpr std::size_t kMaxUnread = 1024;  // chunks

}  // namespace

PoolStream::PoolStream(std::weak_ptr<PoolCalls> calls, StreamTerms terms)
    : calls_{std::move(calls)}, terms_{std::move(terms)}, chunks_{terms_.ordered} {}

// ---- Items ----------------------------------------------------------------------------------------------------------

void PoolStream::feed(ItemSource source, std::size_t count) {
  if (count <= terms_.window) return read_all(source);
  terms_.feeders->start([self = std::static_pointer_cast<PoolStream>(shared_from_this()),
                         source = std::make_shared<ItemSource>(std::move(source))] { self->read_all(*source); });
}

void PoolStream::read_all(ItemSource& source) noexcept {
  std::exception_ptr failure;
  try {
    std::vector<std::string> items;
    bool more = true;
    while (more && wait_for_credit()) {
      failure = gather(source, items, more);
      send(std::exchange(items, {}));
    }
  } catch (...) {
    if (!failure) failure = std::current_exception();
  }
  source = nullptr;  // the range may be destroyed from now on
  finish(std::move(failure));
}

// Adds the items of one chunk; more: whether others may follow. Returns what the source has thrown.
std::exception_ptr PoolStream::gather(ItemSource& source, std::vector<std::string>& items, bool& more) const noexcept {
  try {
    std::string item;
    while (items.size() < terms_.chunk_size && (more = source(item))) items.push_back(std::exchange(item, {}));
    return nullptr;
  } catch (...) {
    more = false;
    return std::current_exception();
  }
}

// Blocks until one more chunk may be sent. False: the call is over.
bool PoolStream::wait_for_credit() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] {
    return over_ || (chunks_.under_way() < terms_.window && (closed_ || chunks_.unread() < kMaxUnread));
  });
  return !over_;
}

void PoolStream::send(std::vector<std::string> items) {
  if (items.empty()) return;
  auto chunk = std::move(terms_.sender->send(terms_.call, items, items.size()).front());
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

void PoolStream::pool_closed() noexcept {
  const std::lock_guard hold{mutex_};
  closed_ = true;
  changed_.notify_all();
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
    if (open_next_chunk()) {
      changed_.notify_all();  // for the thread that reads items
      continue;
    }
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

void stream_feed(PoolStream& stream, ItemSource source, std::size_t count) { stream.feed(std::move(source), count); }

bool stream_next(PoolStream& stream, std::optional<std::chrono::nanoseconds> how_long, const ItemReader::UseItem& use) {
  return stream.next(how_long ? deadline_after(*how_long) : Deadline{}, how_long.value_or(std::chrono::nanoseconds{0}),
                     use);
}

}  // namespace forkmill::detail
