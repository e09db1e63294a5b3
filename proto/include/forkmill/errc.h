// Errc: the catalogue of everything that can go wrong, with a stable number and name for each. The numbers travel on
// the wire and stand in logs and documents: entries are only ever appended. A number from a newer peer reads as
// `unknown`.
#pragma once

#include <cstdint>
#include <string_view>

namespace forkmill {

enum class Errc : std::uint16_t {
  ok = 0,
  unknown = 1,

  // Wire
  malformed = 10,            // the bytes are not a message of the protocol
  version_unsupported = 11,  // no protocol version in common
  message_too_large = 12,    // over limits::kMaxMessageBytes, or a field over its own limit
  unknown_message = 13,      // a type this side does not know
  hello_required = 14,       // a message from a peer without a session
  not_permitted = 15,        // this role may not send this message
  session_unknown = 16,      // the session has ended or never was

  // Submitting
  payload_too_large = 30,
  queue_full = 31,    // the queue is at its length or byte limit
  name_invalid = 32,  // a queue or task name that is empty, too long or has characters outside the allowed set
  option_out_of_range = 33,
  signature_mismatch = 34,  // workers know the task, under another signature
  duplicate_task = 35,      // the id is known with another body
  shutting_down = 36,
  queue_paused = 37,
  too_many_queues = 38,
  disk_full = 39,  // the broker's disk is nearly full: it takes in nothing more until there is room again

  // Running
  handler_error = 50,          // the handler threw
  arguments_undecodable = 51,  // the payload is not the arguments that the handler takes
  result_too_large = 52,
  unknown_task = 53,  // the worker has no handler by that name
  worker_lost = 54,   // the child, its worker or its machine went away while it ran
  timed_out = 55,     // ran over its hard time limit
  cancelled = 56,
  expired = 57,             // was not started before its deadline
  result_undecodable = 58,  // the result is not what the submitter's task declares

  // Asking
  task_unknown = 70,  // no such task, or its result is no longer kept
  bad_request = 71,
  disconnected = 72,   // the broker went away and did not come back in time, or came back without this task
  timeout = 73,        // the caller's own wait ended first
  client_closed = 74,  // the client object ended while this was outstanding
  window_full = 75,    // the submitter's window is full and it chose not to wait

  // Named objects
  object_unknown = 90,    // it was removed, went with its owner, or the broker was restarted and it was not durable
  object_differs = 91,    // the name is that of another kind, element type or size
  object_full = 92,       // no room
  object_empty = 93,      // nothing there
  not_held = 94,          // released by someone who does not hold it
  over_released = 95,     // released more often than it was acquired
  lease_lost = 96,        // the holder was out of reach for too long, and someone else may have had it since
  barrier_broken = 97,    // a waiter timed out or went away, or the barrier was aborted or reset
  key_unknown = 98,       // no such key in the dict
  index_unknown = 99,     // beyond the list
  end_of_stream = 100,    // the other end of the pipe is closed
  wrong_direction = 101,  // this end of the pipe only sends, or only receives
  wrong_verb = 102,       // an object of this kind cannot do that
  value_differs = 103,    // the compare of a compare-and-set failed, or the value is not a number
  too_many_objects = 104,
  too_many_waiting = 105,
  object_closed = 106,  // this handle was closed
  object_exists = 107,
};

// The stable name ("queue_full"), for logs and scripts.
std::string_view errc_name(Errc code);
// What happened, in one sentence without a full stop.
std::string_view errc_text(Errc code);
// What to do about it, in one sentence; empty when there is nothing to do.
std::string_view errc_fix(Errc code);
// The code for a number off the wire.
Errc errc_from(std::uint64_t number);

}  // namespace forkmill
