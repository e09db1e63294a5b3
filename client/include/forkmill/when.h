// Several futures as one:
//
//     when_all(futures)          a future of all the values, in their order; the first error ends it at once
//     when_all(a, b, ...)        the same for different types, as a tuple (std::monostate for void)
//     when_any(futures)          a future of the index of the first one that is ready, in either way, with all of them
//     as_completed(futures)      a range that gives each future as it becomes ready (as_completed.h)
//
// For example:
//
//     std::vector<int> counts = forkmill::when_all(client.map(kCountWords, paths)).get();
//     auto [sum, text] = forkmill::when_all(client.submit(kAdd, 1.0, 2.0), client.submit(kGreet, "all")).get();
//     auto any = forkmill::when_any(client.map(kCountWords, paths)).get();
//     std::cout << paths[any.index] << " has " << any.first().get() << " words";
//
// The futures are moved in: when_all(std::move(futures)). The calls never block; the result is a future like others,
// with then(), get_for(), cancel() and co_await. Waiting for it needs no callback thread. Its callbacks run on the
// executor of the first input that has one. An error leaves the other tasks running; cancel() on the result cancels all
// of them. An empty input future is std::logic_error. Once the result is there, inputs that go on keep nothing of it: a
// future that lives long may be part of any number of when_any(), one after the other.
#pragma once

#include <forkmill/detail/combined.h>
#include <forkmill/future.h>

#include <stdexcept>
#include <tuple>
#include <vector>

namespace forkmill {

// AnyOf<T>: the value of when_any(). Movable, not copyable.
template <class T>
struct AnyOf {
  // For the library.
  AnyOf(std::size_t first_ready, std::vector<Future<T>> all) : index{first_ready}, futures{std::move(all)} {}
  AnyOf(AnyOf&&) noexcept = default;
  AnyOf& operator=(AnyOf&&) noexcept = default;

  // Index of the future that was ready first.
  std::size_t index;
  // All futures, in their order. The others may be ready or not.
  std::vector<Future<T>> futures;

  // The future that was ready first.
  Future<T>& first() { return futures[index]; }
};

// Returns a Future<std::vector<T>>, or Future<void> for T void. No futures: ready at once, with no values. The errors
// of further inputs are dropped. The values are decoded when they are read; a result that is not a valid void is an
// error.
template <class T>
auto when_all(std::vector<Future<T>>&& futures) {
  using All = typename detail::AllOf<T>::type;
  auto state = detail::make_ref<detail::AllState<All, std::vector<Future<T>>>>(std::move(futures));
  state->start();
  return Future<All>{detail::Ref<detail::State>{std::move(state)}};
}

// Refuses to compile: futures that have a name are moved in.
template <class T>
auto when_all(const std::vector<Future<T>>& futures) {
  return when_all(detail::copies_of(futures));
}

// The same for futures with several owners. The values are copied.
template <class T>
auto when_all(const std::vector<SharedFuture<T>>& futures) {
  return when_all(detail::futures_of(futures));
}

// The same for futures of different types: a Future<std::tuple<T...>>.
template <class... T>
auto when_all(Future<T>... futures) {
  using All = std::tuple<detail::Stored<T>...>;
  auto state = detail::make_ref<detail::AllState<All, std::tuple<Future<T>...>>>(std::tuple{std::move(futures)...});
  state->start();
  return Future<All>{detail::Ref<detail::State>{std::move(state)}};
}

// Returns a future that is ready with the first of the inputs, whether that has a value or an error; it never fails
// itself. Its value cannot be copied, so get() gives it once.
// Throws std::invalid_argument if there are no inputs: the future would never be ready.
template <class T>
Future<AnyOf<T>> when_any(std::vector<Future<T>>&& futures) {
  if (futures.empty()) throw std::invalid_argument{"when_any of no futures would never be ready"};
  auto state = detail::make_ref<detail::AnyState<T>>(std::move(futures));
  state->start();
  return Future<AnyOf<T>>{detail::Ref<detail::State>{std::move(state)}};
}

// Refuses to compile: futures that have a name are moved in.
template <class T>
Future<AnyOf<T>> when_any(const std::vector<Future<T>>& futures) {
  return when_any(detail::copies_of(futures));
}

// The same for futures with several owners.
template <class T>
auto when_any(const std::vector<SharedFuture<T>>& futures) {
  return when_any(detail::futures_of(futures));
}

}  // namespace forkmill
