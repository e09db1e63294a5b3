// Client: submits tasks to a broker and returns futures of their results.
//
//     forkmill::Client client;                        // this user's broker on this machine
//     auto sum = client.submit(kAdd, 2.0, 3.0);       // Future<double>; kAdd is a Task<double(double, double)>
//     auto counts = client.map(kCountWords, paths);   // one task and one future for each path, in few messages
//     auto count = client.with({.queue = "text", .timeout = 30s}).submit(kCountWords, path);
//     for (auto& done : forkmill::as_completed(std::move(counts))) std::cout << done.get() << "\n";
//     std::cout << sum.get() << "\n";                 // waits for the result
//
// A task is declared once, in a header that the programs of submitters and workers share (task.h):
//
//     inline constexpr forkmill::Task<double(double, double)> kMean{"math.mean"};
//
// This header includes everything that a program needs to submit tasks: Task, Future, when_all(), when_any(),
// as_completed(), coroutines, SubmitOptions, ClientOptions, the errors. Pools, processes, locks, queues and shared
// containers are in headers of their own: pool.h, process.h, sync.h, queue.h, pipe.h, manager.h.
//
// Options of a task, which with() takes by name in this order (submit_options.h has ranges and defaults):
//
//     queue, priority              the queue, and the order in it: -100 to 100, higher first
//     delay, not_before            the earliest start
//     max_attempts, backoff        attempts in all, 3 by default, and the pauses between them
//     soft_timeout, timeout        time limits of one attempt: the first asks it to stop, the second ends it
//     expires                      the latest start of the first attempt
//     durability                   acknowledged when it is on disk, or in memory
//     key                          idempotency key: all submissions with this key are one task with one result
//     retry_errors, at_most_once   also tried again after an exception; never started twice
//     result_ttl, dead_letter      how long the broker keeps the result; whether it keeps a task that failed
//     label, headers               a name for people; texts for the handler
//
// Attempts: a task whose worker was lost, that ran over its `timeout` or that threw forkmill::Retry is tried again, up
// to three attempts in all unless SubmitOptions::max_attempts says otherwise. Any other exception of a handler is final
// unless SubmitOptions::retry_errors is set.
//
// Errors: a future that fails throws one of these, all of them Errors with code() and what() (errors.h):
//
//     RemoteError    the handler threw: type(), message(), backtrace(); or it could not be called
//     WorkerLost     the last attempt allowed ended with its process: signal(), exit_code(), output()
//     Timeout        the task ran over its `timeout` (Errc::timed_out), or only this wait has ended (Errc::timeout)
//     Cancelled      the task was cancelled
//     Expired        no attempt began within `expires`
//     Rejected       the broker, or this client, did not take the task: it never ran
//     Disconnected   no answer can come any more: it is not known whether the task ran
//
// A client is one connection with one thread, and with the default executor one callback thread. Make one per program,
// not one per task. default_client() is such a client for programs that need no settings.
//
// Connection: the constructor does not wait for the broker, and every call also works before the broker is there.
//
//     no broker yet, or none for a while      tasks are kept and sent when it comes; futures wait
//     the same, for connect_timeout           a warning is logged; with fail_fast, futures end with Disconnected
//     the connection breaks                   it is made again; what was not acknowledged is sent again, under the same
//                                             id, so that each task is submitted once
//     the broker restarts                     futures of tasks that it still knows stay as they are; futures of others
//                                             end with Disconnected
//     it comes back with older data           (a backup was restored) every future ends with Disconnected, and so does
//                                             every later call of this client
//     its queue or its disk is full           the task waits here and is sent again, or its future ends with Rejected,
//                                             as ClientOptions::when_full says
//     it speaks another protocol version      every future ends with Disconnected{version_unsupported}
//
// Memory: a client holds at most max_outstanding tasks without a result, of which max_unsent tasks and max_unsent_bytes
// are not acknowledged by the broker. At a limit submit() waits or throws, as ClientOptions::when_full says. An
// outstanding task takes about 200 bytes beside its arguments and its result.
//
// Threads: every member may be called from any thread at any time, except the destructor, which must be the last call.
// Callbacks of futures run one at a time on the client's callback thread, never in a thread of the program: one that
// takes long delays the others. ClientOptions::executor runs them elsewhere.
//
// Log: warnings, and exceptions of callbacks, go to stderr through a spdlog logger named `forkmill`. Register one of
// that name before the first client to send them elsewhere.
//
// Destructor and close() end every outstanding future with Disconnected{client_closed}. They wait for
// callbacks that are ready to run, and not for tasks. Callbacks that are not ready by then get
// Disconnected{client_closed}: a callback does not keep the program, so wait for the last future before main() returns.
// Tasks that the broker has acknowledged go on; attach() finds their results, from any program, as long as the broker
// keeps them.
//
// fork(): a client belongs to the process that made it. In a forked child submit(), attach(), cancel(), query(),
// command() and waits throw Disconnected{client_closed}; the destructor and close() do nothing. The parent's client is
// not affected. Fork first and make clients afterwards: a child of a process that had a client cannot make one of its
// own (the constructor throws) until it has called exec().
#pragma once

#include <forkmill/as_completed.h>
#include <forkmill/async_result.h>
#include <forkmill/client_options.h>
#include <forkmill/command.h>
#include <forkmill/coroutine.h>
#include <forkmill/default_client.h>
#include <forkmill/detail/arguments_of.h>
#include <forkmill/detail/decode.h>
#include <forkmill/detail/packed_items.h>
#include <forkmill/events.h>
#include <forkmill/future.h>
#include <forkmill/query.h>
#include <forkmill/submit_options.h>
#include <forkmill/task.h>
#include <forkmill/wait.h>
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

namespace detail {

// A buffer of the calling thread, empty. Valid until the next call in this thread; its memory is kept up to 1 MiB.
std::string& argument_buffer();

// Packs the values as one msgpack array into argument_buffer(). Callers name the declared types P, so that each value
// is converted to its type first.
// Throws what the packing of a type throws.
template <class... P>
const std::string& pack_arguments(const P&... values) {
  auto& buffer = argument_buffer();
  StringSink sink{buffer};
  msgpack::packer<StringSink> packer{sink};
  packer.pack_array(sizeof...(P));
  (packer.pack(values), ...);
  return buffer;
}

// Packs the arguments of a call of a task, each as the type that the task declares for it. A call that does not fit the
// task does not compile.
// Throws std::out_of_range for an integer that its type cannot hold, and what the packing of a type throws.
template <class Call>
struct CallPacker;
template <class R, class... P>
struct CallPacker<Task<R(P...)>> {
  template <class... A>
  static const std::string& pack(const A&... arguments) {
    return pack_arguments<std::decay_t<P>...>(convert_argument<std::decay_t<P>>(arguments)...);
  }
};
template <class Call, class... A>
const std::string& pack_call(A&&... arguments) {
  if constexpr (CallCheck<Call, A...>::kFits)
    return CallPacker<Call>::pack(arguments...);
  else
    return argument_buffer();
}

// Types that std::apply() takes: tuple, pair, array.
template <class T>
concept TupleLike = requires {
  std::tuple_size<std::remove_cvref_t<T>>::value;
};

// Packs a tuple of all arguments of a call.
template <class Call, class Tuple>
const std::string& pack_tuple(const Tuple& tuple) {
  return std::apply(
      [](const auto&... values) -> auto& { return pack_call<Call>(values...); }, tuple);
}

// Packs an element of a range: the argument itself where the task has one and the element converts to it, else a tuple
// of all arguments. Anything else does not compile.
template <class Call, class Element>
const std::string& pack_element(const Element& element) {
  constexpr bool kIsArgument = std::tuple_size_v<typename Call::Arguments> == 1 && ([]<class... P>(std::tuple<P...>*) {
                                 return (std::convertible_to<const Element&, P> && ...);
                               }(static_cast<typename Call::Arguments*>(nullptr)) || !TupleLike<Element>);
  if constexpr (kIsArgument) {
    return pack_call<Call>(element);
  } else {
    static_assert(TupleLike<Element>,
                  "forkmill: the task takes several arguments, so an item must be a tuple, a pair or an array of them");
    if constexpr (TupleLike<Element>)
      return pack_tuple<Call>(element);
    else
      return argument_buffer();
  }
}

// MapFutures: the futures of map(), group by group.
template <class R>
class MapFutures {
 public:
  void reserve(std::size_t many) { futures_.reserve(many); }
  bool empty() const noexcept { return futures_.empty(); }
  // Adds the futures of `many` elements: of the states that send() returns, or failed ones after an error.
  // Throws what send() throws if there are no futures yet.
  template <class Send>
  void add(std::size_t many, Send&& send) {
    const auto all = futures_.size() + many;
    try {
      if (!failure_)
        for (auto& state : send()) futures_.push_back(task_future<R>(std::move(state)));
    } catch (...) {
      if (futures_.empty()) throw;
      failure_ = std::current_exception();
    }
    // A task that was not submitted has no id: the others would only wait for the same error again.
    if (!failure_ && !futures_.empty() && futures_.back().id().is_nil()) failure_ = futures_.back().exception();
    while (futures_.size() < all) futures_.push_back(make_failed<R>(failure_));
  }
  // Adds a future that has ended with the error.
  void fail(std::exception_ptr error) { futures_.push_back(make_failed<R>(std::move(error))); }
  std::vector<Future<R>> release() { return std::move(futures_); }

 private:
  std::vector<Future<R>> futures_;
  std::exception_ptr failure_;  // that of the first group that was not submitted
};
// Refuses to compile a call whose items are not a range.
template <class Range>
constexpr bool check_range() {
  static_assert(std::ranges::input_range<Range>, "forkmill: the items of the call are not a range");
  return std::ranges::input_range<Range>;
}

}  // namespace detail

// Submitter: a client together with SubmitOptions, returned by Client::with(). Cheap to keep and to copy; every copy
// submits with the same options.
//
//     const auto text = client.with({.queue = "text", .max_attempts = 5});
//     auto first = text.submit(kCountWords, path);
//     auto others = text.map(kCountWords, paths);
//
// Thread-safe. A Submitter may outlive its client; its members then throw Disconnected{client_closed}.
class Submitter {
 public:
  // Submits one task and returns the future of its result. The arguments are packed before the call returns.
  // Does not wait for the broker. Waits only while this client is full and ClientOptions::when_full is block or
  // timeout. May be called in a callback, where it can wait as well: room is made by results that arrive, not by
  // callbacks.
  //
  // Throws
  //   Rejected{window_full}           this client is full, and when_full is reject, or submit_timeout has passed
  //   Rejected{payload_too_large}     the packed arguments are over 64 MiB
  //   Error{name_invalid}             the task's name is not allowed
  //   Disconnected{client_closed}     after close(), also when close() comes during the wait; in a forked child
  // and what the packing of an argument throws. Nothing was submitted then. Everything that the broker finds wrong
  // (queue full, signature unknown …) is the future's error.
  template <class R, class... P, class... A>
  Future<R> submit(const Task<R(P...)>& task, A&&... arguments) const {
    const auto& packed = detail::pack_call<Task<R(P...)>>(std::forward<A>(arguments)...);
    return detail::task_future<R>(send(task.name(), task.hash(), packed));
  }

  // Submits one task for each element of a range and returns the futures in the order of the range; none for an empty
  // range. An element is the task's argument, or a tuple, pair or array of all arguments. The range is read once, and
  // its elements are sent in groups of up to 1,024 tasks or 1 MiB. A group is accepted as soon as there is room for
  // one of its tasks, so the limits of ClientOptions can be exceeded by one group.
  //
  // Blocks and throws as submit() does, and passes on what the range throws, as long as nothing was submitted. Later
  // nothing is thrown, since the futures of the tasks that go on would be lost: the elements that could not be
  // submitted have futures that ended with the error, and so has one more future if the range threw.
  //
  // Each element is a task with an id, attempts, progress and cancel() of its own. Where that is not needed,
  // map_chunked() is many times as quick for small elements.
  //
  //     const std::vector<std::pair<double, double>> pairs{{1.0, 2.0}, {3.0, 4.0}};
  //     for (auto& sum : client.map(kAdd, pairs)) std::cout << sum.get() << "\n";
  template <class R, class... P, std::ranges::input_range Range>
  std::vector<Future<R>> map(const Task<R(P...)>& task, Range&& elements) const {
    detail::MapFutures<R> futures;
    if constexpr (std::ranges::sized_range<Range>) futures.reserve(std::ranges::size(elements));
    std::vector<std::string> payloads;
    std::size_t bytes = 0;
    auto send_batch = [&] {
      futures.add(payloads.size(), [&] { return send_all(task.name(), task.hash(), payloads); });
      payloads.clear();
      bytes = 0;
    };
    try {
      for (const auto& element : elements) {
        payloads.push_back(detail::pack_element<Task<R(P...)>>(element));
        bytes += payloads.back().size();
        if (payloads.size() == kBatch || bytes > kBatchBytes) send_batch();
      }
    } catch (...) {
      if (futures.empty()) throw;
      send_batch();
      futures.fail(std::current_exception());
    }
    send_batch();
    return futures.release();
  }

  // Calls the task's function once for each element of a range and gives all results at once, in the order of the
  // range. Much quicker than map() for small elements: they travel in chunks, each of which is one task named
  // forkmill.chunk, so an element has no id, no future, no progress and no cancel() of its own. Chunks follow the
  // measured run time of their elements, as those of Pool::map() do without a chunk size (pool.h): they run for 5 ms,
  // give back after 10 ms what has not begun, and as many are under way as the workers of the queue can use. The range
  // is read once, before anything is sent; an element is as in map().
  //
  // Every element is run, and the result is then the list, or the first error in the order of the range. Options:
  // queue, priority, durability, label and time limits are those of each chunk. A chunk whose process is lost, or that
  // runs over `timeout`, is tried again in smaller chunks; an element that is alone in its chunk is tried as often as
  // max_attempts says, and its WorkerLost or Timeout costs no other element. So an element can run more than once, as
  // with map(). An exception is an error at once, forkmill::Retry as well.
  //
  // Every worker of the queue must have the task; one without it ends the call with RemoteError{unknown_task}.
  // Blocks while this client is full, as submit() does.
  // Throws Error{option_out_of_range} for the options key, delay, retry_errors and at_most_once, which elements of a
  // chunk cannot have; Rejected{payload_too_large} for an element over 64 MiB; and as submit() does.
  //
  //     std::vector<int> squares = client.map_chunked(kSquare, std::views::iota(0, 1'000'000)).get();
  template <class R, class... P, std::ranges::input_range Range>
  AsyncResult<typename detail::ListOfResults<R>::type> map_chunked(const Task<R(P...)>& task, Range&& elements) const {
    detail::PackedItems items;
    for (const auto& element : elements) items.add(detail::pack_element<Task<R(P...)>>(element));
    return {send_chunked(task.name(), task.hash(), std::move(items)), detail::ReadList<R>{}};
  }

  // Submits a task that is known by name only. payload: a msgpack array of the arguments, not checked here and not
  // compared with the workers' signature; a worker that cannot read it fails the task with arguments_undecodable. The
  // result comes as packed bytes.
  // Throws and blocks as submit() does.
  //
  //     std::string arguments = forkmill::pack_value(std::make_tuple(2.0, 3.0));
  //     std::string packed = client.submit_raw("math.add", arguments).get().bytes;
  //     double sum = forkmill::unpack_value<double>(packed);
  Future<RawResult> submit_raw(std::string_view name, std::string_view payload) const;

 private:
  friend class Client;
  static constexpr std::size_t kBatch = 1024;
  static constexpr std::size_t kBatchBytes = 1024 * 1024;

  Submitter(detail::Ref<detail::Origin> engine, const SubmitOptions& options);
  detail::Ref<detail::RemoteState> send(std::string_view name, std::uint64_t signature, std::string_view payload) const;
  std::vector<detail::Ref<detail::RemoteState>> send_all(std::string_view name, std::uint64_t signature,
                                                         const std::vector<std::string>& payloads) const;
  detail::PoolJobRef send_chunked(std::string_view name, std::uint64_t signature, detail::PackedItems items) const;

  detail::Ref<detail::Origin> engine_;           // a client::Engine
  std::shared_ptr<const client::Prepared> how_;  // the options, checked and in the form of the wire
};

// One connection to a broker. The head of this file says what holds for all members.
class Client {
 public:
  // Connects in the background. endpoint: tcp://HOST:PORT, ipc://PATH, or local:// for a broker of this program's own
  // (local.h). Empty: the value of FORKMILL_BROKER in the environment, and without that the socket of this user's
  // broker on this machine. A host name is looked up in the background, and again when its broker moves.
  //
  // Does not wait for the broker; only the first use of local:// waits until its broker has started.
  // Throws Error{bad_request} if the endpoint is malformed, if the folder of the default one is not safe from other
  // users, if local:// is not available, or in a forked child of a process that had a client.
  explicit Client(const std::string& endpoint = {});
  // The same with options.
  // Also throws Error{option_out_of_range} if one of the three limits is 0.
  explicit Client(ClientOptions options);
  // Does what close() does. In a forked child: does nothing and keeps the memory.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // submit(), map(), map_chunked() and submit_raw() with default SubmitOptions; Submitter has their contract.
  template <class R, class... P, class... A>
  Future<R> submit(const Task<R(P...)>& task, A&&... arguments) {
    return plain_.submit(task, std::forward<A>(arguments)...);
  }
  template <class R, class... P, std::ranges::input_range Range>
  std::vector<Future<R>> map(const Task<R(P...)>& task, Range&& elements) {
    return plain_.map(task, std::forward<Range>(elements));
  }
  template <class R, class... P, std::ranges::input_range Range>
  auto map_chunked(const Task<R(P...)>& task, Range&& elements) {
    return plain_.map_chunked(task, std::forward<Range>(elements));
  }
  Future<RawResult> submit_raw(std::string_view name, std::string_view payload) {
    return plain_.submit_raw(name, payload);
  }

  // Returns a Submitter that submits with these options, for one task or for many.
  // Never blocks, also works while the broker is away.
  // Throws Error{option_out_of_range} or Error{name_invalid}, which name the option.
  Submitter with(const SubmitOptions& options) const;

  // Returns the future of a task that was submitted elsewhere: by another program, or by a client that has been closed.
  // Never blocks. T is the task's result type and is not checked: bytes that are not a T are Error{result_undecodable}
  // when the value is read; RawResult takes everything.
  //
  // The future ends with Rejected{task_unknown} if the broker does not know the task, or keeps its result no longer
  // (SubmitOptions::result_ttl).
  // Throws Disconnected{client_closed} after close().
  //
  //     auto id = forkmill::TaskId::parse("0190163d-8694-739b-aea5-966c26f8ad91");
  //     double sum = client.attach(kAdd, *id).get_for(10s);
  template <class T>
  Future<T> attach(const TaskId& id) {
    return detail::task_future<T>(attach_state(id));
  }
  template <class R, class... P>
  Future<R> attach(const Task<R(P...)>&, const TaskId& id) {
    return attach<R>(id);
  }

  // Asks the broker to cancel any task, also of another submitter, and returns the future of the answer.
  // Never blocks. A task that has not started never will after an answer `cancelled`; the handler of a running task
  // sees its stop token, and its process is ended if it ignores that. The end of the task itself is what its own future
  // says. Repeated until the broker answers. Future::cancel() is the shorter way for a task of one's own.
  //
  // The future ends with CancelState, or with Disconnected.
  // Throws Disconnected{client_closed} after close().
  //
  //     auto sum = client.submit(kAdd, 2.0, 3.0);
  //     if (client.cancel(sum.id()).get() == forkmill::CancelState::cancelled) std::cout << "never started";
  Future<CancelState> cancel(const TaskId& id);
  // Asks the broker to cancel a task that has not started, and to let a running one go on. Returns the future of the
  // answer, as cancel() does: `cancelled`, `started`, `finished` or `unknown`. A broker that does not know this request
  // never answers it.
  //
  //     auto counts = client.map(kCountWords, paths);
  //     for (const auto& count : counts) client.cancel_unless_started(count.id());   // the rest runs to its end
  Future<CancelState> cancel_unless_started(const TaskId& id);

  // Asks the broker a question of query.h and returns the future of its answer, a msgpack map that PROTOCOL.md
  // describes.
  // Never blocks. Asked again after a reconnect.
  //
  // The future ends with Rejected{task_unknown, object_unknown …}, Error{bad_request} or Disconnected when there is no
  // such thing.
  // Throws Disconnected{client_closed} after close().
  //
  //     auto body = client.query(forkmill::QueryKind::queues).get();
  //     msgpack::object_handle queues = msgpack::unpack(body.bytes.data(), body.bytes.size());
  Future<RawResult> query(const Query& query);
  // The same for a question without a filter.
  Future<RawResult> query(QueryKind kind, const std::string& argument = {}) {
    return query(Query{.kind = kind, .argument = argument});
  }

  // Gives the broker a command of command.h and returns the future of its answer, a msgpack map that PROTOCOL.md
  // describes.
  // Never blocks. Sent again after a reconnect, and done once nevertheless, while the broker lives.
  //
  // The future ends with the errors in command.h, Error{bad_request} if the broker does not know the command, or
  // Disconnected.
  // Throws Disconnected{client_closed} after close(), Rejected{payload_too_large} for arguments that no broker takes.
  //
  //     client.command(forkmill::ReleaseObject{.name = "build:lock"}).get();
  Future<RawResult> command(const Command& command);

  // Returns the stream of what happens to the tasks that this client may see, from now on or behind a cursor
  // (events.h). Never blocks; EventStream::next() blocks until there is an event.
  //
  //     auto events = client.events({.queue = "mail", .state = "failed"});
  //     std::cout << events.next().id.to_string() << " has failed\n";
  EventStream events(EventFilter filter = {});

  // Whether arguments of tasks in this queue, written as in SubmitOptions::queue, leave this program sealed
  // (ClientOptions::seal_keys). Labels and headers, which do not, should then have nothing of the arguments.
  bool seals(std::string_view queue) const;

  // Whether a broker has accepted this client and the connection stands, as far as is known now. A snapshot: no call
  // needs it, since submissions are kept while the broker is away.
  bool connected() const;
  // Waits until connected() is true, how_long at most, and returns connected(). Zero or less only looks. close() ends
  // the wait.
  // Throws Disconnected in a forked child.
  //
  //     if (!client.wait_connected(5s)) std::cerr << "no broker at " << client.endpoint();
  bool wait_connected(std::chrono::milliseconds how_long);
  // Returns what keeps this client from the broker, in words and with what to do: a key or a role that the broker does
  // not accept, another server at the endpoint, or a broker that another one has followed. Empty: nothing is known, and
  // the broker may just not answer. Never blocks.
  std::string obstacle() const;
  // The endpoint in use: never empty, and for local:// the address of the broker that was started. The
  // reference is valid as long as this client. Never blocks.
  const std::string& endpoint() const;

  // Runs the callbacks that are due on the calling thread and returns how many ran; never waits for one. Only for a
  // client whose executor is a ManualExecutor; returns 0 with any other. Call from one thread at a time. Works after
  // close() too, for the callbacks of the futures that close() ended.
  //
  //     while (client.poll() == 0) std::this_thread::sleep_for(1ms);
  std::size_t poll();

  // Ends every outstanding future with Disconnected{client_closed}, tells the broker and closes the connection. Later
  // submissions throw Disconnected{client_closed}. Idempotent; does nothing in a forked child.
  //
  // Blocks: until the system has taken what was to be sent to a connected broker, a second at most, and, with the
  // default executor, until the callbacks that are due have run. A callback that never returns blocks it forever; a
  // callback may close or destroy its own client. Submissions that the broker has not acknowledged may or may not have
  // reached it. An executor given in ClientOptions is not stopped: its callbacks run when it runs them.
  void close() noexcept;

 private:
  friend class Process;
  friend class ObjectOptions;
  friend class Pool;
  friend class ProcessPoolExecutor;
  detail::Ref<detail::RemoteState> attach_state(const TaskId& id);

  detail::Ref<detail::Origin> engine_;  // a client::Engine
  Submitter plain_;
};

}  // namespace forkmill
