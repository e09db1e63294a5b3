// forkmill-worker: the stock worker. Its only task is forkmill.exec, and that only when started with --allow-exec.
#include <forkmill/exec.h>
#include <forkmill/worker.h>

#include "proto/os/standard_streams.h"
#include "worker/options.h"
#include "worker/tasks/exec.h"

int main(int argc, char** argv) {
  forkmill::proto::open_standard_streams();
  forkmill::worker::CommandLine line;
  if (const auto code = forkmill::worker::read_options(argc, argv, forkmill::worker::Program::stock, line))
    return *code;
  forkmill::Worker worker{line.options};
  if (line.allow_exec) {
    worker.on(forkmill::kExec, [](forkmill::Context& context, const forkmill::ExecRequest& request) {
      return forkmill::worker::run_command(context, request);
    });
  }
  return worker.run();
}
