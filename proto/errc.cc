#include <forkmill/errc.h>

#include <array>

namespace forkmill {

namespace {

struct Entry {
  Errc code;
  std::string_view name;
  std::string_view text;
  std::string_view fix;
};

constexpr std::array kCatalogue{
    Entry{Errc::ok, "ok", "no error", ""},
    Entry{Errc::unknown, "unknown", "an error that this version does not know",
          "upgrade this side to the version of its peer"},
    Entry{Errc::malformed, "malformed", "the bytes are not a message of the protocol",
          "check that the other side speaks the forkmill protocol and is not cut off by a proxy"},
    Entry{Errc::version_unsupported, "version_unsupported", "no protocol version in common",
          "upgrade the older of the two sides"},
    Entry{Errc::message_too_large, "message_too_large", "a message or a field is over its maximum",
          "send less at once; the maxima are listed in the protocol"},
    Entry{Errc::unknown_message, "unknown_message", "a message of a type that this side does not know",
          "upgrade the older of the two sides"},
    Entry{Errc::hello_required, "hello_required", "the peer has no session", "say HELLO first"},
    Entry{Errc::not_permitted, "not_permitted", "this role may not do that", "connect with the role that may"},
    Entry{Errc::session_unknown, "session_unknown", "the session has ended", "say HELLO again"},
    Entry{Errc::payload_too_large, "payload_too_large", "the payload is over the maximum",
          "pass large data by reference: a path or an address that the worker can read"},
    Entry{Errc::queue_full, "queue_full", "the queue is at its limit",
          "wait and try again, add workers, or raise the limit of the queue"},
    Entry{Errc::name_invalid, "name_invalid", "the name is empty, too long or has characters that names may not have",
          "use 1 to 128 letters, digits and . _ - : /"},
    Entry{Errc::option_out_of_range, "option_out_of_range", "an option is outside its range",
          "see the ranges in submit_options.h"},
    Entry{Errc::signature_mismatch, "signature_mismatch", "the workers have this task with another signature",
          "build submitter and workers from the same declaration of the task"},
    Entry{Errc::duplicate_task, "duplicate_task", "a task with this id is known, and it is another one",
          "make a new id for each task, and a new key for other arguments"},
    Entry{Errc::shutting_down, "shutting_down", "the broker is shutting down",
          "wait for its successor; the client does so by itself"},
    Entry{Errc::queue_paused, "queue_paused", "the queue is paused", "resume it"},
    Entry{Errc::too_many_queues, "too_many_queues", "the broker has as many queues as it may have",
          "use fewer queues, or raise its limit"},
    Entry{Errc::disk_full, "disk_full", "the broker's disk is nearly full",
          "make room on it; the broker goes on by itself"},
    Entry{Errc::handler_error, "handler_error", "the handler threw", ""},
    Entry{Errc::arguments_undecodable, "arguments_undecodable", "the arguments are not what the handler takes",
          "build submitter and workers from the same declaration of the task"},
    Entry{Errc::result_too_large, "result_too_large", "the result is over the maximum",
          "return a reference to the data: a path or an address that the submitter can read"},
    Entry{Errc::unknown_task, "unknown_task", "the worker has no handler of that name",
          "register the handler, or submit to another queue"},
    Entry{Errc::worker_lost, "worker_lost", "the worker was lost while it ran the task",
          "look at the signal, the exit code and the last output"},
    Entry{Errc::timed_out, "timed_out", "the task ran over its time limit",
          "raise the limit, or make the task smaller"},
    Entry{Errc::cancelled, "cancelled", "the task was cancelled", ""},
    Entry{Errc::expired, "expired", "the task was not started before its deadline",
          "add workers, or allow it more time"},
    Entry{Errc::result_undecodable, "result_undecodable", "the result is not what the task declares",
          "build submitter and workers from the same declaration of the task"},
    Entry{Errc::task_unknown, "task_unknown", "no such task, or its result is no longer kept",
          "check the id; raise result_ttl to keep results for longer"},
    Entry{Errc::bad_request, "bad_request", "the request makes no sense", ""},
    Entry{Errc::disconnected, "disconnected", "the broker is gone", "check that the broker runs and can be reached"},
    Entry{Errc::timeout, "timeout", "the wait ended first", "wait for longer; the task goes on"},
    Entry{Errc::client_closed, "client_closed", "the client was closed", "keep the client for as long as its futures"},
    Entry{Errc::window_full, "window_full", "the window of this client is full",
          "wait for results before submitting more"},
    Entry{Errc::object_unknown, "object_unknown",
          "no such object: it was removed, went with its owner, or was not durable and the broker was restarted",
          "open it again"},
    Entry{Errc::object_differs, "object_differs", "there is another object under this name",
          "use another name, or the same kind, element type and size"},
    Entry{Errc::object_full, "object_full", "there is no room in it", "wait for longer, or make it larger"},
    Entry{Errc::object_empty, "object_empty", "there is nothing in it", "wait for longer"},
    Entry{Errc::not_held, "not_held", "it is not held by whoever wants to release it", "acquire it first"},
    Entry{Errc::over_released, "over_released", "it was released more often than it was acquired",
          "release once what was acquired once"},
    Entry{Errc::lease_lost, "lease_lost", "its holder was out of reach for too long, and others may have had it since",
          "acquire it again, and check fencing tokens where its protection is needed"},
    Entry{Errc::barrier_broken, "barrier_broken",
          "the barrier is broken: a waiter timed out or went away, or it was aborted or reset", "reset it"},
    Entry{Errc::key_unknown, "key_unknown", "there is no such key", ""},
    Entry{Errc::index_unknown, "index_unknown", "the index is beyond the end", ""},
    Entry{Errc::end_of_stream, "end_of_stream", "the other end of the pipe is closed", ""},
    Entry{Errc::wrong_direction, "wrong_direction", "this end of a one-way pipe does not do that",
          "use the other end, or a duplex pipe"},
    Entry{Errc::wrong_verb, "wrong_verb", "an object of this kind cannot do that", ""},
    Entry{Errc::value_differs, "value_differs", "the value there is not what it would have to be",
          "read it again, and decide anew"},
    Entry{Errc::too_many_objects, "too_many_objects", "the broker has as many objects as it may have",
          "remove some, or raise its limit"},
    Entry{Errc::too_many_waiting, "too_many_waiting", "too many operations wait for their answers",
          "wait for some of them"},
    Entry{Errc::object_closed, "object_closed", "it was closed", "open it again"},
    Entry{Errc::object_exists, "object_exists", "there is an object of that name already", "use another name"},
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
