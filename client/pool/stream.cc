#include "client/pool/stream.h"

#include <algorithm>
#include <tuple>

#include "client/pool/state.h"

namespace forkmill::detail {

namespace {

[[noreturn]] void throw_item(const msgpack::object& packed) {
  Failure failure;
  const auto [code, type, message, backtrace, cause] =
      packed.as<std::tuple<std::uint16_t, std::string, std::string, std::string, std::string>>();
  failure.code = errc_from(code);
  failure.type = type;
  failure.message = message;
  failure.backtrace = backtrace;
  failure.cause = cause;
  failure.attempt = 1;
  throw RemoteError{std::move(failure)};
}

}  // namespace

PoolStream::PoolStream(std::shared_ptr<PoolState> pool, ChunkCall call, std::size_t chunk_size, bool ordered)
    : pool_{pool}, call_{std::move(call)}, chunk_size_{chunk_size}, ordered_{ordered} {}

void PoolStream::add(std::string packed) {
  gathered_.push_back(std::move(packed));
  if (gathered_.size() == chunk_size_) send();
}

void PoolStream::send() {
  if (gathered_.empty()) return;
  const auto pool = pool_.lock();
  {
    const std::unique_lock lock{mutex_};
    if (over_ || !pool) return gathered_.clear();
  }
  auto chunk = std::move(pool->send(call_, std::exchange(gathered_, {}), chunk_size_).front());
  std::size_t index = 0;
  bool too_late = false;
  {
    const std::unique_lock lock{mutex_};
    index = chunks_.size();
    chunks_.push_back(chunk);
    done_.push_back(0);
    too_late = over_;
  }
  if (too_late) return chunk->cancel();
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
    const std::unique_lock lock{mutex_};
    finished_ = true;
    if (!over_) failure_ = std::move(failure);
    done = all_done();
    changed_.notify_all();
  }
  forget_if_done(done);
}

void PoolStream::end(std::exception_ptr error) {
  std::vector<Chunk> rest;
  {
    const std::unique_lock lock{mutex_};
    if (over_ || all_done()) return;
    over_ = true;
    failure_ = std::move(error);
    for (std::size_t i = 0; i < chunks_.size(); ++i)
      if (done_[i] == 0) rest.push_back(chunks_[i]);
    changed_.notify_all();
  }
  for (const Chunk& chunk : rest) chunk->cancel();
  forget_if_done(true);
}

void PoolStream::chunk_done(std::size_t index) noexcept {
  bool done = false;
  {
    const std::unique_lock lock{mutex_};
    if (over_) return;
    done_[index] = 1;
    ++done_count_;
    arrived_.push_back(index);
    done = all_done();
    changed_.notify_all();
  }
  forget_if_done(done);
}

void PoolStream::forget_if_done(bool done) {
  if (!done) return;
  if (const auto pool = pool_.lock()) pool->forget(*this);
}

bool PoolStream::next(const Deadline& deadline, std::chrono::nanoseconds how_long, const Take& take) {
  std::unique_lock lock{mutex_};
  for (;;) {
    if (position_ < count_) {
      give(take);
      return true;
    }
    if (open_chunk()) continue;
    if (over_ || (finished_ && taken_ == chunks_.size())) return throw_or_end();
    if (!deadline)
      changed_.wait(lock);
    else if (changed_.wait_until(lock, *deadline) == std::cv_status::timeout &&
             std::chrono::steady_clock::now() >= *deadline && !open_chunk())
      throw_pool_timeout(how_long);
  }
}

bool PoolStream::open_chunk() {
  std::size_t index = taken_;
  if (ordered_) {
    if (index >= chunks_.size() || done_[index] == 0) return false;
  } else {
    if (arrived_.empty()) return false;
    index = arrived_.front();
    arrived_.pop_front();
  }
  ++taken_;
  const Chunk chunk = std::exchange(chunks_[index], Chunk{});
  items_ = unpack_bounded(bytes_of(*chunk));
  if (items_.get().type != msgpack::type::ARRAY) throw_undecodable_results("the results of a chunk are not an array");
  position_ = 0;
  count_ = items_.get().via.array.size;
  return true;
}

void PoolStream::give(const Take& take) {
  const auto& item = items_.get().via.array.ptr[position_++];
  try {
    const auto& parts = item.via.array;
    if (item.type != msgpack::type::ARRAY || (parts.size != 2 && parts.size != 5))
      throw_undecodable_results("an item of a chunk has no outcome");
    if (parts.size == 5) throw_item(item);
    take(parts.ptr[1]);
  } catch (const msgpack::type_error&) {
    throw_undecodable_results("a result does not have the expected type");
  }
}

bool PoolStream::throw_or_end() {
  if (auto failure = std::exchange(failure_, nullptr)) std::rethrow_exception(failure);
  return false;
}

// ---- What Pool and PoolResults ask ----------------------------------------------------------------------------------

void stream_add(PoolStream& stream, std::string packed) { stream.add(std::move(packed)); }

void stream_end(PoolStream& stream, std::exception_ptr failure) { stream.finish(std::move(failure)); }

bool stream_next(PoolStream& stream, std::optional<std::chrono::nanoseconds> how_long, const PoolStream::Take& take) {
  return stream.next(how_long ? deadline_after(*how_long) : Deadline{}, how_long.value_or(std::chrono::nanoseconds{0}),
                     take);
}

}  // namespace forkmill::detail
