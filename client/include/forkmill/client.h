// Client: submits tasks to a broker and gives futures of their results.
//
//     forkmill::Client client{"tcp://127.0.0.1:7117"};
//     auto sum = client.submit(kAdd, 2.0, 3.0);                  // Future<double>; kAdd is a Task<double(double,
//     double)> auto counts = client.map(kCountWords, paths);              // one task for each, in few messages
//     client.with({.queue = "text", .timeout = 30s}).submit(kCountWords, path);
//
// Thread-safe: any thread may call any member at any time, but the destructor. Making a client waits for nothing: tasks
// submitted before a broker is there are kept and sent when it comes, futures survive its restart. A client is a
// connection with a thread; make one per program, not one per task.
//
// Memory is bounded: a client holds at most max_outstanding tasks, of which at most max_unsent have not been taken by
// the broker; then submit() waits or throws, as ClientOptions::when_full says.
//
// The destructor ends everything that is outstanding with Disconnected{client_closed} and does not wait for tasks; it
// waits for callbacks that are running. Tasks that the broker has accepted go on there; their results can be had with
// attach() while the broker keeps them. After fork() the child must not use a client of its parent: everything but the
// destructor throws there.
#pragma once

#include <forkmill/as_completed.h>
#include <forkmill/client_options.h>
#include <forkmill/coroutine.h>
#include <forkmill/default_client.h>
#include <forkmill/detail/decode.h>
#include <forkmill/future.h>
#include <forkmill/query.h>
#include <forkmill/submit_options.h>
#include <forkmill/task.h>
#include <forkmill/when.h>

#include <chrono>
#include <concepts>
#include <iterator>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace forkmill {

namespace client {
class Engine;
struct Prepared;
}  // namespace client

// What the broker says to a cancellation.
enum class CancelState : std::uint8_t {
  cancelled = 1,  // it had not started, and never will
  requested = 2,  // it runs; it was asked to stop, and may still finish
  finished = 3,   // too late
  unknown = 4,    // no such task, or no longer
};

namespace detail {

// Packs arguments, converted to the declared types, as one array into a buffer of this thread.
std::string& argument_buffer();

template <class... P>
const std::string& pack_arguments(const P&... values) {
  auto& buffer = argument_buffer();
  StringSink sink{buffer};
  msgpack::packer<StringSink> packer{sink};
  packer.pack_array(sizeof...(P));
  (packer.pack(values), ...);
  return buffer;
}

template <class T>
concept TupleLike = requires {
  std::tuple_size<std::remove_cvref_t<T>>::value;
};

// The elements of map()'s range: one argument, or a tuple of all of them.
template <class... P, class Element>
const std::string& pack_element(const Element& element) {
  if constexpr (sizeof...(P) == 1 && (std::convertible_to<const Element&, P> && ...)) {
    return pack_arguments<P...>(element);
  } else {
    static_assert(TupleLike<Element>, "map: an element must convert to the task's argument, or be a tuple of them all");
    static_assert(std::tuple_size_v<Element> == sizeof...(P), "map: the tuple has another number of arguments");
    return std::apply(
        [](const auto&... values) -> auto& { return pack_arguments<P...>(values...); }, element);
  }
}

}  // namespace detail

// Submits with certain options. Copy it freely; it may outlive its client, but then throws. Thread-safe.
class Submitter {
 public:
  // Throws Rejected (this client is full, or the arguments are larger than any broker takes), Error{name_invalid}, or
  // Disconnected after close(). Everything that the broker says comes through the future.
  template <class R, class... P, class... A>
  Future<R> submit(const Task<R(P...)>& task, A&&... arguments) const requires ArgumentsOf<Task<R(P...)>, A...> {
    return detail::task_future<R>(
        send(task.name(), task.hash(), detail::pack_arguments<std::decay_t<P>...>(arguments...)));
  }

  // One task for each element, in few messages; the futures are in the order of the range. An element is the argument,
  // or a tuple of the arguments. What the range throws passes through; tasks submitted by then go on.
  template <class R, class... P, std::ranges::input_range Range>
  std::vector<Future<R>> map(const Task<R(P...)>& task, Range&& elements) const {
    std::vector<Future<R>> futures;
    if constexpr (std::ranges::sized_range<Range>) futures.reserve(std::ranges::size(elements));
    std::vector<std::string> payloads;
    std::size_t bytes = 0;
    auto send_batch = [&] {
      for (auto& state : send_all(task.name(), task.hash(), payloads))
        futures.push_back(detail::task_future<R>(std::move(state)));
      payloads.clear();
      bytes = 0;
    };
    for (const auto& element : elements) {
      payloads.push_back(detail::pack_element<std::decay_t<P>...>(element));
      bytes += payloads.back().size();
      if (payloads.size() == kBatch || bytes > kBatchBytes) send_batch();
    }
    send_batch();
    return futures;
  }

  // A task known only by name: `payload` is a msgpack array of its arguments; its signature is not checked.
  Future<RawResult> submit_raw(std::string_view name, std::string_view payload) const;

 private:
  friend class Client;
  static constexpr std::size_t kBatch = 1024;
  static constexpr std::size_t kBatchBytes = 1024 * 1024;

  Submitter(detail::Ref<detail::Origin> engine, const SubmitOptions& options);
  detail::Ref<detail::RemoteState> send(std::string_view name, std::uint64_t signature, std::string_view payload) const;
  std::vector<detail::Ref<detail::RemoteState>> send_all(std::string_view name, std::uint64_t signature,
                                                         const std::vector<std::string>& payloads) const;

  detail::Ref<detail::Origin> engine_;  // a client::Engine
  std::shared_ptr<const client::Prepared> how_;
};

class Client {
 public:
  // endpoint: tcp://HOST:PORT, ipc://PATH or local:// (a broker of this program's own); empty: FORKMILL_BROKER, or else
  // tcp://127.0.0.1:7117. Throws Error for one that makes no sense. Does not wait for the broker.
  explicit Client(const std::string& endpoint = {});
  explicit Client(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // As Submitter's, with the default options.
  template <class R, class... P, class... A>
  Future<R> submit(const Task<R(P...)>& task, A&&... arguments) requires ArgumentsOf<Task<R(P...)>, A...> {
    return plain_.submit(task, std::forward<A>(arguments)...);
  }
  template <class R, class... P, std::ranges::input_range Range>
  std::vector<Future<R>> map(const Task<R(P...)>& task, Range&& elements) {
    return plain_.map(task, std::forward<Range>(elements));
  }
  Future<RawResult> submit_raw(std::string_view name, std::string_view payload) {
    return plain_.submit_raw(name, payload);
  }

  // Throws Error{option_out_of_range or name_invalid} that names the option.
  Submitter with(const SubmitOptions& options) const;

  // The result of a task that was submitted elsewhere, or by an earlier client. Unknown, or no longer kept:
  // Rejected{task_unknown}.
  template <class T>
  Future<T> attach(const TaskId& id) {
    return detail::task_future<T>(attach_state(id));
  }
  template <class R, class... P>
  Future<R> attach(const Task<R(P...)>&, const TaskId& id) {
    return attach<R>(id);
  }

  // Of any task; Future::cancel() is for one's own.
  Future<CancelState> cancel(const TaskId& id);

  // The answer's body as it came; Rejected or Error with the broker's code and text.
  Future<RawResult> query(const Query& query);
  Future<RawResult> query(QueryKind kind, const std::string& argument = {}) {
    return query(Query{.kind = kind, .argument = argument});
  }

  // Whether a broker answers now; wait_connected() gives it time to.
  bool connected() const;
  bool wait_connected(std::chrono::milliseconds how_long);
  const std::string& endpoint() const;

  // Runs the callbacks that are due and returns how many; for a client with a ManualExecutor, 0 with any other. Called
  // by one thread at a time.
  std::size_t poll();

  // What the destructor does. Idempotent; later submissions throw Disconnected{client_closed}.
  void close() noexcept;

 private:
  friend class Process;
  friend class ObjectOptions;
  friend class Pool;
  detail::Ref<detail::RemoteState> attach_state(const TaskId& id);

  detail::Ref<detail::Origin> engine_;  // a client::Engine
  Submitter plain_;
};

}  // namespace forkmill

namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
  namespace adaptor {
  template <>
  struct convert<forkmill::CancelState> {
    const msgpack::object& operator()(const msgpack::object& object, forkmill::CancelState& state) const {
      state = static_cast<forkmill::CancelState>(object.as<unsigned>());
      return object;
    }
  };
  }  // namespace adaptor
}
}  // namespace msgpack
