// TaskSeals: sealed payloads of tasks, as clients and workers make and open them.
//
//     client   seal_arguments ──▶ broker ──▶ open_arguments   worker
//     client   open_outcome   ◀── broker ◀── seal_outcome     worker
//
// The arguments are bound to queue, name and signature of the task, and to the id that its submitter gave it. What
// answers them (result, error, note) is sealed under the same key, and bound to that id and to the nonce of the
// arguments, which no other arguments have. So a broker can give no answer to one task that was made for another one,
// and none of an earlier submission. Options and headers of the task, its code and kind of error, and the fraction of
// its progress are in the clear, and nothing vouches for them.
//
// Pure but for the nonces. Any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proto/payload.h"
#include "proto/result.h"
#include "proto/seal/box.h"
#include "proto/seal/key_ring.h"
#include "proto/wire/task_messages.h"

namespace forkmill::proto {

// SealOrigin: the sealed arguments that an answer is bound to.
struct SealOrigin {
  SealKeyId key;
  TaskId task;  // as its submitter gave it
  SealNonce arguments{};
};

// OpenedArguments: the arguments of a task as its handler takes them.
struct OpenedArguments {
  Payload arguments;
  std::optional<SealOrigin> origin;  // none: they came in the clear
};

// SealExpectation: the facts that a client knows of a task whose answer it opens.
struct SealExpectation {
  TaskId task;
  std::optional<SealNonce> arguments;  // the client has sealed these; none: it waits for the task by its id alone
};

class TaskSeals {
 public:
  using Nonces = std::function<SealNonce()>;

  explicit TaskSeals(SealRing ring, Nonces nonces = random_nonce)
      : ring_{std::move(ring)}, nonces_{std::move(nonces)} {}

  const SealRing& ring() const { return ring_; }

  // ---- Clients
  // Returns the arguments as they are to be sent: sealed, or copied for a queue that may be in the clear. Those of a
  // task under an idempotency key are the same each time. Fails with seal_key_missing.
  Result<Payload> seal_arguments(const TaskId& id, const TaskSpec& spec, std::string_view clear) const;

  // ---- Workers
  // Fails with seal_key_missing, seal_required and seal_broken.
  Result<OpenedArguments> open_arguments(const TaskSpec& granted, const Payload& payload) const;
  // Seals value and texts of the outcome. The texts of a process that was lost stay in the clear, but not its output.
  void seal_outcome(const SealOrigin& origin, Outcome& outcome) const;
  // Returns a note of progress in a form that is text, and that is not longer than limits::kMaxProgressNote.
  std::string seal_note(const SealOrigin& origin, std::string_view note) const;

  // ---- Both
  // Opens arguments or a result for their reader. Fails with seal_key_missing and seal_broken.
  Result<Payload> open(std::string_view sealed) const;

 private:
  Payload seal_answer(SealedKind kind, const SealOrigin& origin, std::string_view clear) const;

  SealRing ring_;
  Nonces nonces_;
};

// Returns the nonce of sealed arguments. None: they are not sealed.
std::optional<SealNonce> nonce_of_arguments(std::string_view payload);

// Opens the outcome of a task for its client, or puts a failure with seal_key_missing, seal_required or seal_broken in
// its place. seals: null: the client has no keys.
void open_outcome(const TaskSeals* seals, const SealExpectation& expected, Outcome& outcome);
// Whether a note of progress is sealed: it begins as a box in base64 does.
inline bool is_sealed_note(std::string_view note) { return note.starts_with("wWZtc2Vh"); }
// Opens a note of progress. Empty: it has none that can be trusted.
void open_note(const TaskSeals* seals, const SealExpectation& expected, std::string& note);

// Returns the words that people read in place of sealed bytes: "sealed with key 1f2e3d4c5b6a7988". Empty: the bytes are
// not sealed.
std::string seal_text(std::string_view payload);

}  // namespace forkmill::proto
