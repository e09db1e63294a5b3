#include "client/cli/commands/exec_options.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "client/cli/errors/command_error.h"
#include "proto/limits.h"
#include "proto/transport/errors.h"

namespace forkmill::cli {

namespace {

// Both streams, or the input, and the other fields fit into one payload.
constexpr std::uint64_t kMaxStream = proto::limits::kMaxPayload / 2 - 64UL * 1024;
constexpr std::chrono::seconds kExtraTimeout{30};  // for a worker that does not know the limit of the command

std::string all_of_stdin() {
  std::string data;
  std::array<char, 65'536> part{};
  for (;;) {
    const auto size = ::read(STDIN_FILENO, part.data(), part.size());
    if (size == 0) return data;
    if (size < 0 && errno == EINTR) continue;
    if (size < 0)
      throw CommandError{ExitCode::failed, "cannot read standard input: " + std::string{std::strerror(errno)}};
    data.append(part.data(), static_cast<std::size_t>(size));
    if (data.size() > kMaxStream)
      throw UsageError{"standard input has more than " + std::to_string(kMaxStream) + " bytes",
                       "let the command read a file"};
  }
}

std::string working_directory(const ExecOptions& options, const std::string& broker) {
  std::error_code error;
  if (!options.workdir.empty()) return std::filesystem::absolute(options.workdir, error).lexically_normal().string();
  if (!proto::is_local_endpoint(broker)) return {};
  auto here = std::filesystem::current_path(error).string();
  if (error) throw UsageError{"the current directory does not exist any more", "give another one with --wd DIR"};
  return here;
}

}  // namespace

int command_umask(const std::string& broker) {
  if (!proto::is_local_endpoint(broker)) return -1;
  const auto mask = ::umask(0);
  ::umask(mask);
  return static_cast<int>(mask);
}

std::chrono::milliseconds task_timeout(std::chrono::milliseconds timeout) {
  if (timeout.count() <= 0) return timeout;
  return std::min<std::chrono::milliseconds>(timeout + kExtraTimeout, proto::limits::kMaxDuration);
}

void add_exec_options(CLI::App& command, ExecOptions& options) {
  command
      .add_option("--wd", options.workdir,
                  "Working directory of the command [default: this one if the broker is on this machine]")
      ->type_name("DIR");
  command.add_option("--env", options.env, "Pass this environment variable to the command; repeatable")
      ->allow_extra_args(false)
      ->type_name("NAME");
  command.add_flag("-q,--quote", options.quote, "Run a single word without a shell as well");
  command.add_flag("-i,--stdin", options.stdin_data, "Send standard input to the command");
  add_size(command, "--output-limit", options.output_limit,
           "Maximum output to each of stdout and stderr; a command with more fails [default: 16M]");
}

ExecRequest exec_request(const ExecOptions& options, const std::vector<std::string>& words, const std::string& broker) {
  if (options.output_limit > kMaxStream)
    throw UsageError{"--output-limit " + std::to_string(options.output_limit) + ": must be at most " +
                     std::to_string(kMaxStream) + " bytes"};
  ExecRequest request;
  request.argv = words;
  request.shell = words.size() == 1 && !options.quote;
  request.cwd = working_directory(options, broker);
  request.umask = command_umask(broker);
  request.output_limit = options.output_limit;
  for (const auto& name : options.env) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    if (value == nullptr) throw UsageError{"--env " + name + ": there is no such environment variable"};
    request.env[name] = value;
  }
  if (options.stdin_data) request.stdin_data = all_of_stdin();
  return request;
}

}  // namespace forkmill::cli
