// Lender: lends ends of a pipe, and keeps them, or passes them in a task, a message or a queue item. What reads such a
// value claims the end, gives it back, or does neither. Some readers try what only clients of the lender's principal
// may: they place the end themselves, or claim another one, whose ticket they guess.
#pragma once

#include "tests/sim/users/object_caller.h"
#include "tests/sim/users/workload.h"

namespace forkmill::sim {

class Lender {
 public:
  Lender(ObjectCaller& caller, const Workload& workload) : caller_{caller}, workload_{workload} {}

  // Lends one of the ends of the pipe that the client has open.
  void lend(std::size_t pipe, std::int64_t end);
  // Call when a lend, placement or claim has succeeded.
  void answered(const ObjectCall& call);
  // Values were read.
  void read(const ObjectCall& call);

 private:
  void place(const ObjectCall& lent);
  // Tries to get the loan before this one, which is probably that of another client.
  void guess(const ObjectCall& lent);
  // The payload that names a task which has probably not ended.
  proto::Payload some_task() const;
  void send(const ObjectCall& lent);
  void call(const ObjectCall& about, proto::Verb verb, std::int64_t a, std::int64_t b,
            std::vector<proto::Payload> values = {});

  ObjectCaller& caller_;
  const Workload& workload_;
};

}  // namespace forkmill::sim
