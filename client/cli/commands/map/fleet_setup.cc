#include "client/cli/commands/map/fleet_setup.h"

#include <forkmill/exec.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>

#include "client/cli/commands/command.h"
#include "client/cli/commands/exec_options.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/quote.h"
#include "proto/transport/errors.h"

extern char** environ;

namespace forkmill::cli {

namespace {

using Environment = std::map<std::string, std::string>;

std::filesystem::path current_folder() {
  std::error_code error;
  auto folder = std::filesystem::current_path(error);
  if (!error) return folder;
  // The folder of the worker must not take its place.
  throw UsageError{"the current folder cannot be found: " + error.message(),
                   "change to a folder that exists, or give the folder of the commands with --wd DIR"};
}

void add_all(Environment& environment) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const auto equals = text.find('=');
    if (equals != std::string_view::npos && equals > 0 && text.substr(0, equals) != "_")
      environment.insert_or_assign(std::string{text.substr(0, equals)}, std::string{text.substr(equals + 1)});
  }
}

// Adds a variable, or the function of that name, which bash exports in a variable.
void add_variable(const std::string& name, Environment& environment) {
  for (const auto& variable : {name, "BASH_FUNC_" + name + "%%"}) {
    const char* value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    if (value == nullptr) continue;
    environment[variable] = value;
    return;
  }
  throw UsageError{"--env " + name + ": there is no such environment variable",
                   "export it; for a function of bash: export -f " + name};
}

Environment environment_of(const MapOptions::Command& command) {
  Environment environment;
  if (command.env_all) add_all(environment);
  for (const auto& names : command.env) {
    std::string_view rest = names;
    while (!rest.empty()) {
      const auto name = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      name == "_" ? add_all(environment) : add_variable(std::string{name}, environment);
    }
  }
  return environment;
}

bool has_functions(const Environment& environment) {
  return std::any_of(environment.begin(), environment.end(),
                     [](const auto& one) { return one.first.starts_with("BASH_FUNC_"); });
}

// The command that starts a worker for these jobs: with the broker and the queue where they are not the defaults.
std::string worker_command(const std::string& broker, const std::string& queue) {
  std::string command = "forkmill-worker --allow-exec";
  if (broker != default_connection().broker) command += " --broker " + shell_quote(broker);
  if (queue != SubmitOptions{}.queue) command += " --queues " + shell_quote(queue);
  return command;
}

bool contains(const nlohmann::ordered_json& list, const std::string& name) {
  return std::any_of(list.begin(), list.end(),
                     [&](const auto& one) { return one.is_string() ? one == name : text_of(one, "name") == name; });
}

}  // namespace

ExecFleet::Options fleet_options(const MapOptions& options, const ConnectionOptions& connection) {
  const auto& command = options.command;
  ExecFleet::Options made{.submit = options.run.submit};
  made.submit.timeout = task_timeout(options.run.timeout);
  const bool local = proto::is_local_endpoint(connection.broker);
  if (command.workdir.starts_with('/'))
    made.cwd = std::filesystem::path{command.workdir}.lexically_normal().string();
  else if (local || !command.workdir.empty())
    made.cwd = (current_folder() / command.workdir).lexically_normal().string();
  made.cwd_implied = command.workdir.empty();
  made.umask = command_umask(connection.broker);
  made.env = environment_of(command);
  made.output_limit = options.output.limit;
  made.worker_command = worker_command(connection.broker, made.submit.queue);
  made.shell = command.quote ? ExecFleet::kNoShell : command.shell;
  if (made.shell.empty() && has_functions(made.env) && !command.env_all) made.shell = "bash";
  return made;
}

std::size_t processes_for(Connection& connection, const std::string& queue) {
  std::int64_t processes = 0;
  for (const auto& worker : value_of(connection.ask(QueryKind::workers), "workers")) {
    if (contains(value_of(worker, "queues"), queue) && contains(value_of(worker, "tasks"), std::string{kExec.name()}))
      processes += number_of(worker, "children");
  }
  return static_cast<std::size_t>(std::max<std::int64_t>(0, processes));
}

}  // namespace forkmill::cli
