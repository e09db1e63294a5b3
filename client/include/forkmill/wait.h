// wait(futures): blocks until the first future is ready, the first has failed, or all are, and parts them into those
// that are done and those that are not. The counterpart of Python's concurrent.futures.wait().
//
//     auto [done, not_done] = forkmill::wait(client.map(kCountWords, paths), forkmill::WaitFor::first_completed, 5s);
//     for (auto& count : done) print(count.get());
//     for (auto& count : not_done) count.cancel();
//
// For Future<T>, SharedFuture<T> and AsyncResult<T>. The futures are moved in and come back in one of the two
// vectors, each in the order in which they were given; copies of a SharedFuture or an AsyncResult do the same. To go on
// waiting for the rest, pass `not_done` on:
//
//     auto rest = client.map(kCountWords, paths);
//     while (!rest.empty()) {
//       auto step = forkmill::wait(std::move(rest), forkmill::WaitFor::first_completed);
//       for (auto& count : step.done) print(count.get());
//       rest = std::move(step.not_done);
//     }
//
// Waiting needs no callback thread, costs no polling, and leaves nothing behind: a future that lives on keeps nothing
// of the waits that were made for it. Different kinds of things at once, such as queues, connections and futures:
// wait_ready.h.
#pragma once

#include <forkmill/as_completed.h>
#include <forkmill/future.h>

#include <chrono>
#include <utility>
#include <vector>

namespace forkmill {

// When wait() returns. Python: FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED.
enum class WaitFor : std::uint8_t {
  first_completed,  // as soon as one future is ready
  first_exception,  // as soon as one future has ended with an error; if none does, when all are ready
  all_completed,    // when all futures are ready
};

// WaitResult<F>: what wait() returns, for futures of type F.
template <class F>
struct WaitResult {
  // The futures that are ready: values, errors and cancelled ones.
  std::vector<F> done;
  // The others.
  std::vector<F> not_done;
};

namespace detail {

// Blocks until `until` is met or the deadline has passed. failed(i): whether the i-th input, which is ready, has an
// error; asked on the calling thread.
// Throws as State::wait() does.
template <class Failed>
void wait_for_states(std::vector<Ref<State>> inputs, WaitFor until, const Deadline& deadline, Failed&& failed) {
  const auto all = inputs.size();
  const Gathering gathering{std::move(inputs)};
  for (std::size_t ready = 0; ready < all; ++ready) {
    const auto index = gathering->next(deadline);
    if (!index || until == WaitFor::first_completed) return;
    if (until == WaitFor::first_exception && failed(*index)) return;
  }
}

template <Awaitable F>
WaitResult<F> wait(std::vector<F> futures, WaitFor until, const Deadline& deadline) {
  wait_for_states(states_of(futures), until, deadline, [&](std::size_t index) {
    return error_of<typename F::Value>(futures[index].raw_state()) != nullptr;
  });
  WaitResult<F> result;
  for (F& future : futures) (future.ready() ? result.done : result.not_done).push_back(std::move(future));
  return result;
}

}  // namespace detail

// Blocks until `until` is met, without a time limit, or for `timeout` at most: what is not ready then comes back in
// `not_done`. Zero or less only looks. No futures: returns at once.
// Throws std::logic_error if one of the futures is empty, Error{bad_request} on a thread that one of them waits for,
// and Disconnected in a forked child, as Future::wait() does; the futures are gone then.
//
// Python: wait(fs, return_when=FIRST_COMPLETED), wait(fs, timeout=5)
template <detail::Awaitable F>
WaitResult<F> wait(std::vector<F>&& futures, WaitFor until = WaitFor::all_completed) {
  return detail::wait(std::move(futures), until, detail::Deadline{});
}
template <detail::Awaitable F, class Rep, class Period>
WaitResult<F> wait(std::vector<F>&& futures, WaitFor until, std::chrono::duration<Rep, Period> timeout) {
  const auto span = detail::saturated<std::chrono::nanoseconds>(timeout);
  return detail::wait(std::move(futures), until, detail::deadline_after(span));
}
template <detail::Awaitable F, class Rep, class Period>
WaitResult<F> wait(std::vector<F>&& futures, std::chrono::duration<Rep, Period> timeout,
                   WaitFor until = WaitFor::all_completed) {
  return forkmill::wait(std::move(futures), until, timeout);
}

// The same for copies of the futures.
template <detail::Awaitable F>
WaitResult<F> wait(const std::vector<F>& futures, WaitFor until = WaitFor::all_completed) {
  return forkmill::wait(detail::copies_of(futures), until);
}
template <detail::Awaitable F, class Rep, class Period>
WaitResult<F> wait(const std::vector<F>& futures, WaitFor until, std::chrono::duration<Rep, Period> timeout) {
  return forkmill::wait(detail::copies_of(futures), until, timeout);
}
template <detail::Awaitable F, class Rep, class Period>
WaitResult<F> wait(const std::vector<F>& futures, std::chrono::duration<Rep, Period> timeout,
                   WaitFor until = WaitFor::all_completed) {
  return forkmill::wait(detail::copies_of(futures), until, timeout);
}

}  // namespace forkmill
