// The traces: what happens to a fixed number of tasks in one part of forkmill, always in the same order. Each reports
// one case or more to the meter. No clock, randomness or thread takes part: time is a parameter of the rules.
#pragma once

#include "tests/cost/meter.h"

namespace forkmill::cost {

// SUBMIT, GRANTS, OUTCOMES and RESULTS with 1, 100 and 1,000 tasks a message: to bytes, and back.
void trace_codec(Meter& meter);
// The broker's core: submit, grant, outcome, result and all acknowledgements; in memory and durable.
void trace_broker(Meter& meter);
// The rights of a principal, for each task, and the collection of keys, for each key.
void trace_rights(Meter& meter);
// A client's session: submit, acknowledgement, result.
void trace_session(Meter& meter);
// A client's futures: then(), a result, the callback.
void trace_futures(Meter& meter);
// A worker's rules: grant, the child's result, outcome, acknowledgement.
void trace_worker(Meter& meter);
// The rings that link and child share: the task to the child, the result back.
void trace_ring(Meter& meter);

}  // namespace forkmill::cost
