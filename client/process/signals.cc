#include "client/process/signals.h"

#include <utility>

#include "client/engine/engine.h"

namespace forkmill::client {

Future<RawResult> send_signal(const Process::State& process, int number) {
  const proto::SendSignal command{process.result->id().to_string(), number};
  return detail::task_future<RawResult>(engine_of(process.engine).tasks().command(command));
}

Future<RawResult> ask_state(const Process::State& process) {
  proto::Query query;
  query.kind = proto::QueryKind::process;
  query.argument = process.result->id().to_string();
  return detail::task_future<RawResult>(engine_of(process.engine).tasks().query(std::move(query)));
}

}  // namespace forkmill::client
