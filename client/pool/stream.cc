#include "client/pool/stream.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "client/engine/loans.h"
#include "client/pool/chunk_result.h"

namespace forkmill::detail {

namespace {

using namespace std::chrono_literals;

constexpr auto kGatherTime = 1ms;  // an item does not wait longer for others of its chunk, unless the next one is slow

// Adds the items of one chunk, at most `most`. fixed: exactly this number, unless the source has fewer; more: whether
// others may follow. Returns what the source has thrown.
std::exception_ptr gather(ItemSource& source, std::size_t most, bool fixed, PackedItems& items, bool& more) noexcept {
  try {
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
    course_.endless = items.endless;
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
      const bool fixed = terms_.chunk_size.has_value();
      failure = gather(source, fixed ? size : std::min(size, share), fixed, items, more);
      if (items.empty()) break;
      count -= std::min(count, items.size());
      // An end of a pipe goes to one task, also if its process dies.
      const bool once = fixed || client::holds_unsent(items.range(0, items.size()));
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

// Blocks until one more chunk may be sent, if `left` items are still to be read. Returns its size; 0: no more are
// wanted.
std::size_t PoolStream::wait_for_credit(std::size_t left) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] {
    return course_.over || course_.finished ||
           (chunks_.waiting() < terms_.window && (course_.closed || chunks_.unread() < terms_.unread));
  });
  if (course_.over || course_.finished) return 0;
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
    too_late = course_.over;
    cancelled = course_.cancelled;
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
      const auto items = course_.over ? std::nullopt : chunks_.next_returned();
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
    if (!course_.over && !course_.finished) course_.failure = std::move(failure);
    course_.finished = true;
    done = is_done();
    changed_.notify_all();
  }
  remove_if(done);
}

void PoolStream::pool_closed() noexcept {
  const std::lock_guard hold{mutex_};
  course_.closed = true;
  changed_.notify_all();
}

// ---- Ends -----------------------------------------------------------------------------------------------------------

void PoolStream::end(std::exception_ptr error) {
  std::vector<Chunk> rest;
  {
    const std::lock_guard hold{mutex_};
    if (course_.over || is_done()) return;
    course_.over = true;
    course_.failure = std::move(error);
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
    if (course_.over || course_.cancelled) return;
    course_.cancelled = true;
    const bool all_read = std::exchange(course_.finished, true);
    if (chunks_.drop_returned() || !all_read) course_.failure = rest_cancelled();
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
    course_.abandoned = true;
    course_.finished = course_.finished || (course_.endless && !terms_.abandoned_is_cancelled);
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
    if (course_.over) return;
    chunks_.done(index);
    if (course_.cancelled && chunks_.drop_returned()) course_.failure = rest_cancelled();
    if (course_.abandoned) unread = drop_done();
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
class PoolStream::Reading::Turn {
 public:
  Turn(PoolStream& stream, std::unique_lock<std::mutex>& lock, const Deadline& deadline)
      : stream_{stream}, lock_{lock} {
    Reading& reading = stream.reading_;
    const auto is_free = [&] { return !reading.has_reader; };
    ++reading.waiting;
    if (!deadline) stream.changed_.wait(lock, is_free);
    taken_ = is_free() || stream.changed_.wait_until(lock, *deadline, is_free);
    --reading.waiting;
    if (taken_) reading.has_reader = true;
  }
  ~Turn() {
    if (!taken_) return;
    if (!lock_.owns_lock()) lock_.lock();
    stream_.reading_.has_reader = false;
    if (stream_.reading_.waiting > 0) stream_.changed_.notify_all();
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
  const Reading::Turn turn{*this, lock, deadline};
  if (!turn.taken()) throw_pool_timeout(how_long);
  for (;;) {
    if (!reading_.items.empty()) {
      lock.unlock();
      reading_.items.next(use);
      return true;
    }
    if (open_next_chunk(read)) {
      changed_.notify_all();  // for the thread that reads items
      continue;
    }
    if (course_.over || (course_.finished && chunks_.all_popped()) || (course_.cancelled && chunks_.all_done())) {
      if (auto failure = std::exchange(course_.failure, nullptr)) std::rethrow_exception(failure);
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
  read.push_back(std::exchange(reading_.chunk, std::move(chunk)));
  if (course_.cancelled && is_cancelled(*reading_.chunk))
    course_.failure = rest_cancelled();
  else
    reading_.items.open(bytes_of(*reading_.chunk), items);
  return true;
}

// ---- What Pool and PoolResults ask ----------------------------------------------------------------------------------

void stream_feed(PoolStream& stream, ItemSource source, ItemCount items) { stream.feed(std::move(source), items); }

bool stream_next(PoolStream& stream, std::optional<std::chrono::nanoseconds> how_long, const ItemReader::UseItem& use) {
  return stream.next(how_long ? deadline_after(*how_long) : Deadline{}, how_long.value_or(std::chrono::nanoseconds{0}),
                     use);
}

}  // namespace forkmill::detail
