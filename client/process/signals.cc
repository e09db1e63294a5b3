#include "client/process/signals.h"

#include <string>
#include <utility>

#include "client/engine/engine.h"

namespace forkmill::client {

Future<RawResult> send_signal(const Process::State& process, int number) {
  proto::Query query;
  query.kind = proto::QueryKind::signal;
  query.argument = process.result->id().to_string() + " " + std::to_string(number);
  return detail::task_future<RawResult>(engine_of(process.engine).tasks().query(std::move(query)));
}

}  // namespace forkmill::client
