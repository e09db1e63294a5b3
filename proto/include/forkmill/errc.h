// Errc: the catalogue of everything that can go wrong, with a stable number, a name, a text and a remedy for each.
//
// The numbers travel on the wire, the names stand in logs, scripts and documents: entries are only ever appended, and
// never renamed or renumbered. A number from a newer peer reads as `unknown`. Compare codes, not texts: the texts may
// change. All functions here are thread-safe and never block.
//
//     try {
//       client.submit(kAdd, 1.0, 2.0).get();
//     } catch (const forkmill::Error& error) {
//       if (error.code() == forkmill::Errc::queue_full) std::cerr << forkmill::errc_fix(error.code());
//     }
#pragma once

#include <cstdint>
#include <string_view>

namespace forkmill {

// The comment says when the code occurs. errc_fix() says what to do.
enum class Errc : std::uint16_t {
  ok = 0,       // no error
  unknown = 1,  // a code of a newer peer

  // Wire
  malformed = 10,            // the bytes are not a message of the protocol
  version_unsupported = 11,  // no protocol version in common
  message_too_large = 12,    // a message, a field or an operation over its maximum (PROTOCOL.md, Limits)
  unknown_message = 13,      // a message type that this side does not know
  hello_required = 14,       // a message from a peer without a session
  not_permitted = 15,        // a message that this role may not send
  session_unknown = 16,      // the session has ended, or never was
  right_missing = 17,        // a queue or name that this key may not use

  // Submitting
  payload_too_large = 30,    // arguments, value or item over 64 MiB when packed, or a value nested 64 deep
  queue_full = 31,           // the queue is at its limit of tasks or bytes
  name_invalid = 32,         // a name that is empty, too long or has characters outside the set
  option_out_of_range = 33,  // an option that is out of its range, or that this broker cannot keep
  signature_mismatch = 34,   // the workers know the task with another signature
  duplicate_task = 35,       // the id or key is that of a task with another body
  shutting_down = 36,        // the broker is about to end
  queue_paused = 37,         // the queue takes nothing in; not used yet
  too_many_queues = 38,      // 10,000 queues are in use (5,000 of one principal), or names of 100,000 tasks
  disk_full = 39,            // the broker's disk is nearly full: durable tasks are rejected until space is free
  quota_exceeded = 40,       // the principal of this client has as many tasks, bytes or objects as it may have
  memory_full = 41,          // the broker has reached its memory limit: it accepts nothing until there is room
  results_full = 42,         // results that no client has fetched take as many bytes as this principal may have of them

  // Running
  handler_error = 50,          // the handler threw
  arguments_undecodable = 51,  // the payload is not the arguments that the handler takes
  result_too_large = 52,       // a result over 64 MiB when packed
  unknown_task = 53,           // the worker has no handler of that name
  worker_lost = 54,            // the process, its worker or its machine went away while it ran the task
  timed_out = 55,              // the task ran over SubmitOptions::timeout
  cancelled = 56,              // the task was cancelled
  expired = 57,                // the task was not started within SubmitOptions::expires
  result_undecodable = 58,     // a result or a stored value is not of the type that its reader declares

  // Asking
  task_unknown = 70,    // no such task, or its result is no longer kept
  bad_request = 71,     // a call that makes no sense, or not now
  disconnected = 72,    // no broker for too long, one that came back without the task, or an outcome that is not known
  timeout = 73,         // the caller's own wait ended first
  client_closed = 74,   // the client was closed, belongs to a parent process, or its executor dropped the callback
  window_full = 75,     // the client is full and was told not to wait
  worker_unknown = 76,  // no such worker is connected
  history_unavailable = 77,   // the history of finished tasks cannot be read now
  database_unavailable = 78,  // the broker does not reach the database of its cluster now

  // Named objects
  object_unknown = 90,     // no such object: removed, gone with its owner, or not durable and the broker was restarted
  object_differs = 91,     // the name is that of another kind, element type or size
  object_full = 92,        // no room in time
  object_empty = 93,       // no item in time
  not_held = 94,           // released, waited on or notified without being held by the caller
  over_released = 95,      // released more often than acquired, or reported done more often than put
  lease_lost = 96,         // the holder was out of reach for too long; another may have had it since
  barrier_broken = 97,     // a waiter timed out or went away, or the barrier was aborted or reset
  key_unknown = 98,        // no such key in the dict, or no such value in the list
  index_unknown = 99,      // an index beyond either end of the list
  end_of_stream = 100,     // the other end of the pipe is closed
  wrong_direction = 101,   // this end of the pipe only sends, or only receives
  wrong_verb = 102,        // an operation that objects of this kind do not have
  value_differs = 103,     // the compare of a compare-and-set failed, or the value is not a number or a list
  too_many_objects = 104,  // the broker has a million objects
  too_many_waiting = 105,  // 65,536 operations of this client wait for an answer
  object_closed = 106,     // the handle, process or pool was closed
  object_exists = 107,     // an object of this name exists, and a new one was asked for

  // Sealed payloads
  seal_key_missing = 120,  // no key here opens, or seals, payloads of this queue
  seal_required = 121,     // a payload that is not sealed where only sealed ones are accepted
  seal_broken = 122,       // a sealed payload that was changed, or is that of another task

  // Invitations
  invitation_unknown = 130,  // the broker has never had it, or has forgotten it
  invitation_spent = 131,    // another key was enrolled with it
  invitation_expired = 132,  // its time is over
  invitation_revoked = 133,  // an operator has revoked it, or who has made it may not grant it any more
};

// Returns the stable name, "queue_full", for logs and scripts. A number that is no code of this version has the name,
// text and fix of `unknown`.
std::string_view errc_name(Errc code);
// Returns what happened, as a sentence without a capital and a full stop, so that details can follow after a colon.
std::string_view errc_text(Errc code);
// Returns what to do about it, as a sentence without a full stop. Empty for `ok`.
std::string_view errc_fix(Errc code);
// Returns the code of a number from the wire; `unknown` for a number that this version does not know.
Errc errc_from(std::uint64_t number);

}  // namespace forkmill
