#include <forkmill/errc.h>

#include <array>

namespace forkmill {

namespace {

// One row of the catalogue. text: what happened, without a capital and a full stop, because details follow after a
// colon. fix: what to do, a sentence with a capital and without a full stop; empty if the text already says what to do.
struct Entry {
  Errc code;
  std::string_view name;
  std::string_view text;
  std::string_view fix;
};

constexpr std::array kCatalogue{
    Entry{Errc::ok, "ok", "no error", ""},
    Entry{Errc::unknown, "unknown", "an error that this version does not know",
          "Upgrade this side to the version of its peer"},
    Entry{Errc::malformed, "malformed", "the bytes are not a message of the forkmill protocol",
          "Check that the peer speaks the protocol, and that no proxy cuts the connection or changes its data"},
    Entry{Errc::version_unsupported, "version_unsupported", "the two sides have no protocol version in common",
          "Upgrade the older side"},
    Entry{Errc::message_too_large, "message_too_large", "a message, or a field of it, exceeds its maximum",
          "Send less at once; PROTOCOL.md lists the maxima"},
    Entry{Errc::unknown_message, "unknown_message", "the message has a type that this side does not know",
          "Upgrade the older side"},
    Entry{Errc::hello_required, "hello_required", "the peer has no session", "Send HELLO first"},
    Entry{Errc::not_permitted, "not_permitted", "this role may not send this message",
          "Use a key that has the role, or have the role added to --authorized-keys of the broker"},
    Entry{Errc::session_unknown, "session_unknown", "the session has ended", "Send HELLO again"},
    Entry{Errc::right_missing, "right_missing", "this key may not use that queue or name",
          "Use another key, or have the right added to --authorized-keys of the broker"},
    Entry{Errc::payload_too_large, "payload_too_large", "the packed data is too large or nested too deep",
          "Pass large data by reference: a path or an address that the reader can open"},
    Entry{Errc::queue_full, "queue_full", "the queue is full",
          "Submit again later, add workers, or raise the limits of the queue"},
    Entry{Errc::name_invalid, "name_invalid", "the name is not allowed", "Use 1 to 128 letters, digits and . _ - : /"},
    Entry{Errc::option_out_of_range, "option_out_of_range", "an option is out of its range", ""},
    Entry{Errc::signature_mismatch, "signature_mismatch", "the workers know this task with another signature",
          "Build submitter and workers from the same declaration of the task"},
    Entry{Errc::duplicate_task, "duplicate_task", "another task has this id or key already",
          "Use a new id for each task, and a new key for other arguments"},
    Entry{Errc::shutting_down, "shutting_down", "the broker is shutting down",
          "Wait until it is back; clients and workers connect again by themselves"},
    Entry{Errc::queue_paused, "queue_paused", "the queue is paused", "Resume the queue"},
    Entry{Errc::too_many_queues, "too_many_queues", "the broker's maximum number of queues or task names is in use",
          "Use fewer names at a time; a name is forgotten when it has no task and no worker"},
    Entry{Errc::disk_full, "disk_full", "the broker's disk is nearly full",
          "Free space on that disk; the broker then goes on by itself"},
    Entry{Errc::quota_exceeded, "quota_exceeded", "a quota of this key is used up",
          "Fetch or cancel what is there, or have the quota raised in --authorized-keys of the broker"},
    Entry{Errc::memory_full, "memory_full", "the broker has reached its memory limit",
          "Submit again later, add workers, remove objects, or raise --memory-limit of the broker"},
    Entry{Errc::results_full, "results_full", "results that no client has fetched fill the quota of this key",
          "Fetch results or wait until they expire, or have the quota of results raised"},
    Entry{Errc::handler_error, "handler_error", "the handler threw an exception",
          "Correct the arguments or the handler"},
    Entry{Errc::arguments_undecodable, "arguments_undecodable", "the arguments are not those that the handler takes",
          "Build submitter and workers from the same declaration of the task"},
    Entry{Errc::result_too_large, "result_too_large", "the result exceeds the maximum size",
          "Return large data by reference: a path or an address that the submitter can open"},
    Entry{Errc::unknown_task, "unknown_task", "the worker has no handler for this task",
          "Register the handler in the worker's program, or submit to a queue whose workers have it"},
    Entry{Errc::worker_lost, "worker_lost", "the process that ran the task was lost",
          "Look at the signal, the exit code and the last output"},
    Entry{Errc::timed_out, "timed_out", "the task exceeded its time limit", "Raise the time limit, or split the task"},
    Entry{Errc::cancelled, "cancelled", "the task was cancelled", "Submit it again if it is still needed"},
    Entry{Errc::expired, "expired", "the task was not started before its deadline",
          "Add workers, or allow the task more time"},
    Entry{Errc::result_undecodable, "result_undecodable", "the bytes are not a value of the expected type",
          "Build both sides from the same declaration of the type"},
    Entry{Errc::task_unknown, "task_unknown", "the broker does not know the task, or no longer keeps its result",
          "Check the id; a longer result_ttl keeps results for longer"},
    Entry{Errc::bad_request, "bad_request", "the request is not valid", ""},
    Entry{Errc::disconnected, "disconnected", "no answer can come from the broker",
          "Check that the broker runs and can be reached"},
    Entry{Errc::timeout, "timeout", "the wait ended before the answer came", "Wait longer; the work itself goes on"},
    Entry{Errc::client_closed, "client_closed", "the client is closed",
          "Keep the client open for as long as its futures and objects are in use"},
    Entry{Errc::window_full, "window_full", "the client has reached its task limit",
          "Wait for results before submitting more, or raise the limits of the client"},
    Entry{Errc::worker_unknown, "worker_unknown", "no such worker is connected",
          "See those that are: forkmill worker ls"},
    Entry{Errc::history_unavailable, "history_unavailable", "the history of finished tasks cannot be read now",
          "Look at the disk of the broker, and at its log; it tries again a minute after the error"},
    Entry{Errc::database_unavailable, "database_unavailable", "the broker does not reach the database of its cluster",
          "See that the servers of PostgreSQL run, and what the log of the broker says of them; then try again"},
    Entry{Errc::object_unknown, "object_unknown",
          "the object does not exist (it was removed, its owner ended, or the broker was restarted without it)",
          "Check the name (`forkmill object ls` lists all), or open it again"},
    Entry{Errc::object_differs, "object_differs", "the object of this name has another kind, element type or size",
          "Use another name, or the same kind, element type and size"},
    Entry{Errc::object_full, "object_full", "the object is full", "Wait longer, or make the object larger"},
    Entry{Errc::object_empty, "object_empty", "the object is empty", "Wait longer"},
    Entry{Errc::not_held, "not_held", "the caller does not hold the object", "Acquire it first"},
    Entry{Errc::over_released, "over_released", "the object was released more often than it was acquired",
          "Release it once for each time that it was acquired"},
    Entry{Errc::lease_lost, "lease_lost", "the object was taken away from its holder, and others may have had it since",
          "Acquire it again, and compare fencing tokens where it protects data"},
    Entry{Errc::barrier_broken, "barrier_broken",
          "the barrier is broken (a waiter timed out or went away, or the barrier was aborted or reset)",
          "Reset the barrier"},
    Entry{Errc::key_unknown, "key_unknown", "the key does not exist", "Check the key"},
    Entry{Errc::index_unknown, "index_unknown", "the index is out of range", "Compare the index with the length"},
    Entry{Errc::end_of_stream, "end_of_stream", "the other end of the pipe is closed", "Close this end too"},
    Entry{Errc::wrong_direction, "wrong_direction", "this end of the pipe works in the other direction only",
          "Use the other end, or a duplex pipe"},
    Entry{Errc::wrong_verb, "wrong_verb", "an object of this kind cannot do that", "Use an object of another kind"},
    Entry{Errc::value_differs, "value_differs", "the present value does not allow the operation",
          "Read the value again, then decide"},
    Entry{Errc::too_many_objects, "too_many_objects", "the broker has reached its object limit",
          "Remove objects that are not needed"},
    Entry{Errc::too_many_waiting, "too_many_waiting", "too many operations of this client wait for an answer",
          "Wait for some of them first"},
    Entry{Errc::object_closed, "object_closed", "the object was closed", "Open it again"},
    Entry{Errc::object_exists, "object_exists", "an object of this name exists already", "Use another name"},
    Entry{Errc::seal_key_missing, "seal_key_missing", "there is no key for these sealed payloads here",
          "Add the key to --seal-keys (FORKMILL_SEAL_KEYS) of the side that says so"},
    Entry{Errc::seal_required, "seal_required", "a payload is not sealed, and only sealed ones are accepted here",
          "Give the other side --seal-keys (FORKMILL_SEAL_KEYS) with a key of the queue"},
    Entry{Errc::seal_broken, "seal_broken", "a sealed payload was changed on its way, or belongs to another task",
          "Submit the task again; if that does not help, its data is changed between client and worker"},
    Entry{Errc::invitation_unknown, "invitation_unknown", "the broker does not know the invitation",
          "Make another one with `forkmill invite`, at the broker that it is for"},
    Entry{Errc::invitation_spent, "invitation_spent", "another machine or user has already used the invitation",
          "Find out who it was (`forkmill invite ls`, audit log), and make another one with `forkmill invite`"},
    Entry{Errc::invitation_expired, "invitation_expired", "the invitation has expired",
          "Make another one with `forkmill invite`; --expires gives it more time"},
    Entry{Errc::invitation_revoked, "invitation_revoked", "the invitation was revoked",
          "Ask the operator of the broker for another one"},
};

const Entry& entry_of(Errc code) {
  for (const Entry& entry : kCatalogue)
    if (entry.code == code) return entry;
  return kCatalogue[1];
}

}  // namespace

std::string_view errc_name(Errc code) { return entry_of(code).name; }
std::string_view errc_text(Errc code) { return entry_of(code).text; }
std::string_view errc_fix(Errc code) { return entry_of(code).fix; }
Errc errc_from(std::uint64_t number) {
  for (const Entry& entry : kCatalogue)
    if (static_cast<std::uint64_t>(entry.code) == number) return entry.code;
  return Errc::unknown;
}

}  // namespace forkmill
