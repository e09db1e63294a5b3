#include "client/pool/job.h"

#include <chrono>
#include <utility>

namespace forkmill::detail {

namespace {

// The state behind the results of a job. A callback of the pool, if the job has one, comes before its end.
class EndOfJob final : public LocalState<void> {
 public:
  EndOfJob(Ref<Origin> origin, std::shared_ptr<Executor> callbacks)
      : LocalState{std::move(origin), TaskId{}}, callbacks_{std::move(callbacks)} {
    if (callbacks_) mark_needs_executor();
  }
  std::shared_ptr<Executor> resolving_executor() const override { return callbacks_; }

 private:
  const std::shared_ptr<Executor> callbacks_;  // null: the job has no callback
};

}  // namespace

PoolJob::PoolJob(std::weak_ptr<PoolCalls> calls, Ref<Origin> origin, std::shared_ptr<Executor> callbacks,
                 PoolDeliver deliver)
    : calls_{std::move(calls)},
      callbacks_{std::move(callbacks)},
      deliver_{std::move(deliver)},
      has_callback_{static_cast<bool>(deliver_)},
      end_{make_ref<EndOfJob>(std::move(origin), has_callback_ ? callbacks_ : nullptr)} {}

void PoolJob::end(std::exception_ptr error) {
  complete(std::move(error));
  for (const Chunk& chunk : chunks_under_way()) chunk->cancel();
}

bool PoolJob::is_over() const {
  const std::lock_guard hold{mutex_};
  return over_;
}

void PoolJob::complete(std::exception_ptr error) noexcept {
  {
    const std::lock_guard hold{mutex_};
    if (over_) return;
    over_ = true;
    error_ = std::move(error);
  }
  if (!has_callback_) return settle();
  // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): without memory, the program ends
  callbacks_->execute(Work{new CallbackWork{[self = std::static_pointer_cast<PoolJob>(shared_from_this())](bool runs) {
    if (runs) self->deliver();
    self->settle();
  }}});
}

void PoolJob::deliver() noexcept {
  try {
    deliver_(*this);
  } catch (...) {
    log_callback_error("a callback of a pool");
  }
}

void PoolJob::settle() noexcept {
  deliver_ = nullptr;
  if (auto failure = error())
    end_->fail(std::move(failure));
  else
    end_->succeed();
  if (const auto calls = calls_.lock()) calls->remove(*this);
}

std::exception_ptr PoolJob::error() const {
  {
    const std::lock_guard hold{mutex_};
    if (error_) return error_;
  }
  return first_error();
}

std::vector<std::string_view> PoolJob::results() const {
  if (const auto failure = error()) std::rethrow_exception(failure);
  return packed_results();
}

// ---- What AsyncResult asks ------------------------------------------------------------------------------------------

State& pool_job_state(const PoolJob& job) { return job.end_state(); }

void throw_pool_timeout(std::chrono::nanoseconds waited) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(waited).count();
  throw Timeout{Errc::timeout, "the pool has no result after " + std::to_string(ms) + " ms"};
}

void throw_not_ready() { throw Error{Errc::bad_request, "successful() before the result is ready"}; }

std::vector<std::string_view> pool_job_results(const PoolJob& job) { return job.results(); }

void throw_undecodable_results(const char* why) { throw Error{Errc::result_undecodable, why}; }

}  // namespace forkmill::detail
