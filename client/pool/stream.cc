#include "client/pool/stream.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "client/engine/loans.h"
#include "client/pool/part.h"

namespace forkmill::detail {

namespace {

using namespace std::chrono_literals;

constexpr auto kGatherTime = 1ms;  // an item does not wait longer for others of its chunk, unless the next one is slow

bool is_cancelled(State& done) {
  try {
    if (const auto error = done.outcome().error()) std::rethrow_exception(error);
  } catch (const Cancelled&) {
    return true;
  } catch (...) {
    return false;
  }
  return false;
}

std::exception_ptr rest_cancelled() {
  return std::make_exception_ptr(Cancelled{"the items that had not started were cancelled"});
}

}  // namespace

PoolStream::PoolStream(std::weak_ptr<PoolCalls> calls, StreamTerms terms)
    : calls_{std::move(calls)},
      terms_{std::move(terms)},
      chunks_{terms_.ordered, terms_.processes, ChunkSizer{terms_.call.aim(), terms_.costs->of(terms_.call.task)}} {}

// ---- Items ----------------------------------------------------------------------------------------------------------

void PoolStream::feed(ItemSource source, ItemCount items) {
  const std::size_t count = items.in_memory;
  {
    const std::lock_guard hold{mutex_};
    endless_ = items.endless;
  }
  if (count <= terms_.window) return read_all(source, count);
  terms_.feeders->start([self = std::static_pointer_cast<PoolStream>(shared_from_this()),
                         source = std::make_shared<ItemSource>(std::move(source)),
                         count] { self->read_all(*source, count); });
}

void PoolStream::read_all(ItemSource& source, std::size_t count) noexcept {
  std::exception_ptr failure;
  try {
    const auto share = (std::max<std::size_t>(count, 1) - 1) / (terms_.processes * 4) + 1;
    for (bool more = true; more;) {
      const auto size = wait_for_credit(count);
      if (size == 0) break;
      PackedItems items;
      failure = gather(source, terms_.chunk_size ? size : std::min(size, share), items, more);
      if (items.empty()) break;
      count -= std::min(count, items.size());
      // An end of a pipe goes to one task, also if its process dies.
      const bool once = terms_.chunk_size || client::holds_unsent(items.range(0, items.size()));
      std::unique_lock lock{mutex_};
      const StreamItems chunk = chunks_.begin(std::move(items), once);
      lock.unlock();
      send(chunk);
    }
  } catch (...) {
    if (!failure) failure = std::current_exception();
  }
  source = nullptr;  // the range may be destroyed from now on
  finish(std::move(failure));
}

// Adds the items of one chunk; more: whether others may follow. Returns what the source has thrown.
std::exception_ptr PoolStream::gather(ItemSource& source, std::size_t most, PackedItems& items,
                                      bool& more) const noexcept {
  try {
    const bool fixed = terms_.chunk_size.has_value();
    const auto start = std::chrono::steady_clock::now();
    std::string item;
    while (items.size() < most && (more = source(item))) {
      items.add(item);
      if (!fixed && (items.bytes() >= kChunkBytes || std::chrono::steady_clock::now() - start > kGatherTime)) break;
    }
    return nullptr;
  } catch (...) {
    more = false;
    return std::current_exception();
  }
}

// Blocks until one more chunk may be sent, if `left` items are still to be read. Returns its size; 0: no more are
// wanted.
std::size_t PoolStream::wait_for_credit(std::size_t left) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] {
    return over_ || finished_ || (chunks_.waiting() < terms_.window && (closed_ || chunks_.unread() < terms_.unread));
  });
  if (over_ || finished_) return 0;
  return terms_.chunk_size ? static_cast<std::size_t>(*terms_.chunk_size) : chunks_.next_size(left);
}

void PoolStream::send(const StreamItems& items) {
  Chunk chunk;
  try {
    chunk = terms_.sender->send(terms_.call, *items.packed, items.span, items.once ? 0us : terms_.call.budget());
  } catch (...) {
    const std::lock_guard hold{mutex_};
    chunks_.not_sent();
    throw;
  }
  bool too_late = false;
  bool cancelled = false;
  {
    const std::lock_guard hold{mutex_};
    chunks_.sent(items, chunk);
    too_late = over_;
    cancelled = cancelled_;
  }
  if (too_late) {
    chunk->cancel();
    return;
  }
  if (cancelled) terms_.sender->cancel_waiting({chunk});
  chunk->add(new ChunkDone{shared_from_this(), items.first});
}

// Sends again what chunks have given back. On the feeding thread, which has claimed it.
void PoolStream::send_returned() noexcept {
  try {
    for (;;) {
      std::unique_lock lock{mutex_};
      const auto items = over_ ? std::nullopt : chunks_.next_returned();
      lock.unlock();
      if (!items) return;
      send(*items);
    }
  } catch (...) {
    end(std::current_exception());
  }
}

void PoolStream::finish(std::exception_ptr failure) {
  bool done = false;
  {
    const std::lock_guard hold{mutex_};
    if (!over_ && !finished_) failure_ = std::move(failure);
    finished_ = true;
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
    rest = chunks_.under_way();
    changed_.notify_all();
  }
  for (const Chunk& chunk : rest) chunk->cancel();
  remove_if(true);
}

void PoolStream::cancel_waiting() {
  std::vector<Chunk> rest;
  bool done = false;
  {
    const std::lock_guard hold{mutex_};
    if (over_ || cancelled_) return;
    cancelled_ = true;
    const bool all_read = std::exchange(finished_, true);
    if (chunks_.drop_returned() || !all_read) failure_ = rest_cancelled();
    rest = chunks_.under_way();
    done = is_done();
    changed_.notify_all();
  }
  terms_.sender->cancel_waiting(rest);
  remove_if(done);
}

void PoolStream::abandon() noexcept {
  std::vector<Chunk> unread;
  bool done = false;
  {
    const std::lock_guard hold{mutex_};
    abandoned_ = true;
    finished_ = finished_ || (endless_ && !terms_.abandoned_is_cancelled);
    unread = drop_done();
    done = is_done();
    changed_.notify_all();
  }
  if (terms_.abandoned_is_cancelled) cancel_waiting();
  remove_if(done);
}

// Removes the chunks that are done, for the caller to destroy without the lock.
std::vector<Chunk> PoolStream::drop_done() {
  std::vector<Chunk> unread;
  std::size_t items = 0;
  while (Chunk chunk = chunks_.pop(items)) unread.push_back(std::move(chunk));
  return unread;
}

void PoolStream::chunk_done(std::size_t index) noexcept {
  std::vector<Chunk> unread;
  bool done = false;
  bool sends = false;
  {
    const std::lock_guard hold{mutex_};
    if (over_) return;
    chunks_.done(index);
    if (cancelled_ && chunks_.drop_returned()) failure_ = rest_cancelled();
    if (abandoned_) unread = drop_done();
    done = is_done();
    if (done) terms_.costs->note(terms_.call.task, chunks_.item_cost());
    sends = chunks_.claim_returned();
    changed_.notify_all();
  }
  if (sends)
    terms_.feeding->execute(
        Work{new CallbackWork{[self = std::static_pointer_cast<PoolStream>(shared_from_this())](bool runs) {
          if (runs) self->send_returned();
        }}});
  remove_if(done);
}

void PoolStream::remove_if(bool done) {
  if (!done) return;
  if (const auto calls = calls_.lock()) calls->remove(*this);
}

// ---- Reading --------------------------------------------------------------------------------------------------------

// The turn to read, which one thread has at a time. Its constructor waits for it until the deadline.
class PoolStream::Turn {
 public:
  Turn(PoolStream& stream, std::unique_lock<std::mutex>& lock, const Deadline& deadline)
      : stream_{stream}, lock_{lock} {
    const auto is_free = [&] { return !stream.reads_; };
    ++stream.readers_;
    if (!deadline) stream.changed_.wait(lock, is_free);
    taken_ = is_free() || stream.changed_.wait_until(lock, *deadline, is_free);
    --stream.readers_;
    if (taken_) stream.reads_ = true;
  }
  ~Turn() {
    if (!taken_) return;
    if (!lock_.owns_lock()) lock_.lock();
    stream_.reads_ = false;
    if (stream_.readers_ > 0) stream_.changed_.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  bool taken() const { return taken_; }

 private:
  PoolStream& stream_;
  std::unique_lock<std::mutex>& lock_;
  bool taken_ = false;
};

bool PoolStream::next(const Deadline& deadline, std::chrono::nanoseconds how_long, const ItemReader::UseItem& use) {
  std::vector<Chunk> read;  // destroyed without the lock
  std::unique_lock lock{mutex_};
  const Turn turn{*this, lock, deadline};
  if (!turn.taken()) throw_pool_timeout(how_long);
  for (;;) {
    if (!reader_.empty()) {
      lock.unlock();
      reader_.next(use);
      return true;
    }
    if (open_next_chunk(read)) {
      changed_.notify_all();  // for the thread that reads items
      continue;
    }
    if (over_ || (finished_ && chunks_.all_popped()) || (cancelled_ && chunks_.all_done())) {
      if (auto failure = std::exchange(failure_, nullptr)) std::rethrow_exception(failure);
      return false;
    }
    if (!deadline)
      changed_.wait(lock);
    else if (changed_.wait_until(lock, *deadline) == std::cv_status::timeout &&
             std::chrono::steady_clock::now() >= *deadline && !open_next_chunk(read))
      throw_pool_timeout(how_long);
  }
}

// False: the next chunk is not done. Throws its error; that of chunks which cancel_waiting() has cancelled comes once,
// at the end. Adds the chunk before to `read`.
bool PoolStream::open_next_chunk(std::vector<Chunk>& read) {
  std::size_t items = 0;
  Chunk chunk = chunks_.pop(items);
  if (!chunk) return false;
  read.push_back(std::exchange(reading_, std::move(chunk)));
  if (cancelled_ && is_cancelled(*reading_))
    failure_ = rest_cancelled();
  else
    reader_.open(bytes_of(*reading_), items);
  return true;
}

// ---- What Pool and PoolResults ask ----------------------------------------------------------------------------------

void stream_feed(PoolStream& stream, ItemSource source, ItemCount items) { stream.feed(std::move(source), items); }

bool stream_next(PoolStream& stream, std::optional<std::chrono::nanoseconds> how_long, const ItemReader::UseItem& use) {
  return stream.next(how_long ? deadline_after(*how_long) : Deadline{}, how_long.value_or(std::chrono::nanoseconds{0}),
                     use);
}

}  // namespace forkmill::detail
