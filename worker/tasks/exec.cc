#include "worker/tasks/exec.h"

#include <signal.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>

#include "proto/os/host.h"
#include "proto/os/real_env.h"
#include "worker/os/out_of_resources.h"
#include "worker/tasks/command.h"
#include "worker/tasks/output_log.h"

namespace forkmill::worker {

namespace {

// The request with the trace of the task in the environment of its command, as programs with OpenTelemetry read it.
ExecRequest with_trace(const Context& context, ExecRequest request) {
  for (const auto& [name, variable] : {std::pair{"traceparent", "TRACEPARENT"}, {"tracestate", "TRACESTATE"}}) {
    const auto header = context.headers().find(name);
    if (header != context.headers().end()) request.env.emplace(variable, header->second);
  }
  return request;
}

// Throws OutOfResources. `request` must outlive the command.
std::pair<std::stop_token, std::unique_ptr<Command>> begin(Context& context, const ExecRequest& request,
                                                           const ExecSettings& settings) {
  try {
    return {context.stop_token(), std::make_unique<Command>(request, settings, dynamic_cast<OutputLog*>(&context))};
  } catch (const std::system_error& error) {
    if (is_shortage(error.code().value())) throw OutOfResources{error.what()};
    throw;
  }
}

}  // namespace

ExecResult run_command(Context& context, const ExecRequest& request, const ExecSettings& settings) {
  ::signal(SIGPIPE, SIG_IGN);  // a command that closes its input must not kill this process; spawn() resets the signal
  proto::RealEnv env;
  const auto begun = env.now();
  ExecResult result;
  result.host = proto::host_name();
  result.started_at = static_cast<double>(begun.unix_time.count()) / 1e3;
  // Both before the command begins: what this worker lacks then is not the command's fault.
  std::optional<ExecRequest> traced;
  if (!context.headers().empty()) traced = with_trace(context, request);
  auto [stop, command] = begin(context, traced ? *traced : request, settings);
  command->run(std::move(stop), settings.grace, result);
  result.run_seconds = static_cast<double>((env.now().steady - begun.steady).count()) / 1e6;
  if (command->was_stopped() && (result.signal != 0 || result.exit_code != 0)) {
    throw std::runtime_error{"the command was asked to stop and ended with " +
                             (result.signal != 0 ? "signal " + std::to_string(result.signal)
                                                 : "exit code " + std::to_string(result.exit_code))};
  }
  return result;
}

}  // namespace forkmill::worker
