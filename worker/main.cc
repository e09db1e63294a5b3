// forkmill-worker: the stock worker. Its only task is forkmill.exec, and that only when started with --allow-exec.
#include <forkmill/exec.h>
#include <forkmill/worker.h>
#include <sys/prctl.h>

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
    // Commands of the same user cannot read the memory of this process and its forks, or the environment that it has
    // been started with.
    ::prctl(PR_SET_DUMPABLE, line.options.limits.core != 0 ? 1 : 0, 0, 0, 0);
    const forkmill::worker::ExecSettings settings{
        .pass_env = line.pass_env, .cpu = line.options.limits.cpu, .sandbox = line.options.sandbox};
    worker.on(forkmill::kExec, [settings](forkmill::Context& context, const forkmill::ExecRequest& request) {
      return forkmill::worker::run_command(context, request, settings);
    });
  }
  return worker.run();
}
