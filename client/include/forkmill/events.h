// EventStream: what happens to the tasks of a cluster, as it happens: each step of each task that this client may see.
// Made by Client::events().
//
//     auto events = client.events({.queue = "mail"});
//     for (;;) {
//       const forkmill::TaskEvent event = events.next();            // blocks until something happens
//       if (event.kind == forkmill::TaskEventKind::missed)
//         std::cout << event.missed.end - event.missed.first << " events were missed\n";
//       else
//         std::cout << forkmill::event_name(event.kind) << " " << event.id.to_string() << "\n";
//     }
//
// The events of one task come in the order in which they happened, each once. The stream is without gaps: an event that
// the client is not told is counted in an event of kind `missed`. That comes when the client reads too slowly (the
// broker keeps a bounded number of events, in memory), when a cursor is too old, and when the broker was restarted: an
// earlier broker may have had events of which this one knows nothing. After `missed`, list the tasks again
// (QueryKind::tasks) if you keep a picture of them.
//
// The client asks for the next events only when all that it has are read: it holds one answer, 500 events at most. A
// connection that breaks is made again, and the stream goes on where it was. In a cluster with several shards, the
// stream has the events of all of them: a cursor is that of all, an answer holds 500 of each, in the order of time, and
// a shard that another broker has taken over counts as restarted.
//
// Threads: a stream belongs to one thread at a time. Lifetime: a stream may outlive its client, and then throws
// Disconnected{client_closed}. Times are by the broker's clock.
#pragma once

#include <forkmill/detail/value.h>
#include <forkmill/future.h>
#include <forkmill/task_id.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace forkmill {

// The kinds of events.
enum class TaskEventKind : std::uint8_t {
  unknown,      // a kind of a newer broker
  submitted,    // the broker has taken the task in; it is ready, or scheduled if it is not due yet
  ready,        // a scheduled task has become due
  granted,      // given to a worker, which starts it as soon as it has a free process
  handed_back,  // its worker has returned it unstarted; it is ready again
  retried,      // the attempt did not succeed, and another one follows at `due`
  succeeded,    // the task has ended with a result
  failed,       // the task has ended with an error
  cancelled,    // the task was cancelled
  expired,      // the task was not started within SubmitOptions::expires
  moved,        // an operator has put it into another queue, or given it another priority
  dropped,      // a finished task was dropped by an operator, or another one has taken its place under its key
  forgotten,    // the broker does not keep the result of a finished task any more
  missed,       // not of a task: events that this client is not told, see TaskEvent::missed
};

// Returns the name of the kind as the wire and the command have it: "submitted", "handed_back" …
// Never throws.
std::string_view event_name(TaskEventKind kind) noexcept;

// MissedEvents: events that happened and are not told. Positions count all events of the broker since its start,
// those that the filter keeps back and those that this client may not see as well.
struct MissedEvents {
  // Position of the first event that was missed.
  std::uint64_t first = 0;
  // Position behind the last one: `end - first` events were missed in this run of the broker.
  std::uint64_t end = 0;
  // True: the broker was restarted after the cursor was made. Besides the events counted here, any number may have
  // happened before the restart.
  bool restarted = false;
};

// TaskEvent: one event. Texts are empty and numbers 0 where nothing is known or the field does not apply.
struct TaskEvent {
  // The kind of the event.
  TaskEventKind kind = TaskEventKind::unknown;
  // Where the stream goes on behind this event: for EventFilter::after.
  std::string cursor{};
  // The task. For `missed`, this and all but `missed` below is empty.
  TaskId id{};
  // The broker's number of the task, as FencingToken::seq.
  std::uint64_t seq = 0;
  // Its queue, after the event.
  std::string queue{};
  // Its name.
  std::string name{};
  // Its state after the event: scheduled, ready, running, succeeded, failed, cancelled or expired.
  std::string state{};
  // When it happened, in milliseconds since 1970.
  std::chrono::milliseconds time{0};
  // The attempt that runs or ran last, counted from 1; 0: none has begun.
  std::uint32_t attempt = 0;
  // The worker that has the task, or had it until now.
  std::string worker{};
  // How the attempt ended: succeeded, failed, retry, lost, timed_out, cancelled or expired. For `retried` and the four
  // kinds of ends.
  std::string outcome{};
  // Name of the error code (errc.h) of the attempt.
  std::string code{};
  // How long the attempt ran, as far as that is known.
  std::chrono::microseconds run{0};
  // When the task was submitted, and since when the attempt was due, in milliseconds since 1970. For `retried` and the
  // four kinds of ends; 0: the broker is of an earlier version.
  std::chrono::milliseconds submitted{0};
  std::chrono::milliseconds ready{0};
  // Whether the failed task stays for operators.
  bool dead_letter = false;
  // When the next attempt is due, in milliseconds since 1970; for a task that is scheduled.
  std::chrono::milliseconds due{0};
  // The queue before it was moved.
  std::string from_queue{};
  // The priority after and before it was moved.
  int priority = 0;
  int from_priority = 0;
  // SubmitOptions::label.
  std::string label{};
  // The headers `traceparent` and `tracestate` of the task.
  std::string traceparent{};
  std::string tracestate{};
  // For `missed`: the events that this client is not told.
  MissedEvents missed{};
};

// EventFilter: the events that a stream has. A field that is empty lets all through.
struct EventFilter {
  // Beginning of the text form of the id.
  std::string id{};
  // Name of the queue; a moved task counts in both queues.
  std::string queue{};
  // Name of the task.
  std::string name{};
  // State after the event, as TaskEvent::state. Any other is bad_request.
  std::string state{};
  // Whether only ends are let through: `retried` and the four kinds of ends. A broker of an earlier version does not
  // know this field and the next one, and tells the other events as well.
  bool ends = false;
  // Whether only events of tasks with the header `traceparent` are let through.
  bool traced = false;
  // Cursor of an event, of this or an earlier stream with any filter: the stream begins behind that event. Empty: it
  // begins now. A text that is no cursor is bad_request.
  std::string after{};
};

// EventStream: see the head of this file. Movable, not copyable.
class EventStream {
 public:
  // For the library.
  EventStream(detail::Ref<detail::Origin> engine, EventFilter filter);

  // Blocks until the broker has told where the stream begins, how_long at most, and returns whether it has. All events
  // behind that are told. Needs not be called: next() does it.
  // Throws what next() throws.
  //
  //     auto events = client.events();
  //     if (!events.begin_within(5s)) std::cerr << "no broker at " << client.endpoint();
  bool begin_within(std::chrono::milliseconds how_long);

  // Blocks until there is a further event, and returns it. Waits while the broker is away.
  // Throws Error{bad_request} for a filter or a cursor that makes no sense, and from a broker that does not know event
  // streams; Rejected{not_permitted}; Disconnected after close(), and with ClientOptions::fail_fast while there is no
  // broker. The stream may be read again after an error.
  TaskEvent next();
  // The same, how_long at most. Returns nothing if there is no further event by then.
  std::optional<TaskEvent> next_for(std::chrono::milliseconds how_long);

  // Returns the cursor behind the last event that next() has returned; empty: the broker has not told it yet. Never
  // blocks. It moves on without events as well, when events happen that the filter keeps back.
  const std::string& cursor() const { return cursor_; }

 private:
  bool fetch(std::optional<std::chrono::steady_clock::time_point> deadline);
  void take(const std::string& answer);

  detail::Ref<detail::Origin> engine_;  // a client::Engine
  EventFilter filter_;
  std::string cursor_;              // behind the last event that was returned
  std::string asked_after_;         // behind all events in events_
  std::deque<TaskEvent> events_{};  // answered and not yet returned
  std::optional<Future<RawResult>> asked_{};
};

}  // namespace forkmill
