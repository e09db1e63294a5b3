// Lender: lends ends of a pipe, and keeps them, or passes them in a task, a message or a queue item. What reads such a
// value claims the end, gives it back, or does neither.
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
  void send(const ObjectCall& lent);
  void call(const ObjectCall& about, proto::Verb verb, std::int64_t a, std::int64_t b,
            std::vector<proto::Payload> values = {});

  ObjectCaller& caller_;
  const Workload& workload_;
};

}  // namespace forkmill::sim
