// forkmill.exec: a task that runs a command on a worker. Only workers that were started with --allow-exec have it: it
// lets every submitter run any command with the worker's rights.
//
//     forkmill::ExecRequest request;
//     request.argv = {"convert", "in.png", "out.jpg"};
//     forkmill::ExecResult result = client.submit(forkmill::kExec, request).get();
//     if (result.exit_code != 0) std::cerr << result.err;
//
//     forkmill::ExecRequest line;
//     line.argv = {"ls *.png | wc -l"};
//     line.shell = true;
//     auto count = client.with({.queue = "images", .timeout = 60s}).submit(forkmill::kExec, line);
//
// The command runs in a process group of its own, which is killed when the command has ended: nothing that it starts in
// the background survives. When the task is cancelled or over a time limit of its submit options, the group gets
// SIGTERM, and SIGKILL after the worker's kill_grace. The time limit of the request ends the group in the same way, and
// the task then gives a result, with the output until then.
//
// A command that could be started gives a result, with any exit code or signal. The task fails with RemoteError if the
// command could not be started (ExecNotFoundError: no such program; ExecNotExecutableError: it cannot be executed;
// ExecFolderError: no such folder), if the request makes no sense, or if the command was asked to stop and did not end
// with exit code 0.
//
// Plain values. Texts are bytes, not checked for an encoding.
#pragma once

#include <forkmill/task.h>

#include <cstdint>
#include <map>
#include <msgpack.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace forkmill {

// ExecRequest: the command.
struct ExecRequest {
  // The program, looked up in PATH, and its arguments. With `shell`: exactly one element, the line for /bin/sh -c.
  std::vector<std::string> argv;
  // Written to the command's stdin. Empty: stdin is /dev/null.
  std::string stdin_data;
  // Variables added to those that the worker passes on (--pass-env); a name that is there is replaced. A name must not
  // be empty or have "=".
  std::map<std::string, std::string> env;
  // Folder to run in. Empty: that of the task, if the worker has --task-folder, else the worker's.
  std::string cwd;
  // Whether argv is a line for the shell. A line in which /bin/sh, if it is dash, would only split words and start one
  // program is run without the shell: with the same words, variables, outputs and exit code (128 + N after signal N).
  // The program then leads the process group.
  bool shell = false;
  // Bytes of each of stdout and stderr in the result, 24 MiB at most. The log of the task has the newest output as
  // well, while the command runs (`forkmill task logs -f`).
  std::uint64_t output_limit = 1024 * 1024;
  // Time limit of the command in milliseconds, after which it is stopped. 0: none.
  std::uint64_t timeout_ms = 0;
  // File mode creation mask of the command. -1: the worker's.
  std::int32_t umask = -1;
  MSGPACK_DEFINE(argv, stdin_data, env, cwd, shell, output_limit, timeout_ms, umask)
};

// ExecResult: the end of a command that was started.
struct ExecResult {
  // Exit code; -1 if a signal ended the command.
  int exit_code = 0;
  // Signal that ended the command; 0: none.
  int signal = 0;
  // Bytes of stdout and stderr, up to output_limit each.
  std::string out;
  std::string err;
  // Whether stdout, and stderr, had more.
  bool out_truncated = false;
  bool err_truncated = false;
  // Start of the command, in seconds since 1970 by the worker's clock.
  double started_at = 0;
  // Run time, in seconds.
  double run_seconds = 0;
  // Name of the worker's machine.
  std::string host;
  // Whether the command was stopped at timeout_ms.
  bool timed_out = false;
  MSGPACK_DEFINE(exit_code, signal, out, err, out_truncated, err_truncated, started_at, run_seconds, host, timed_out)
};

// ExecFolderError: the error of a command whose folder the worker cannot enter. RemoteError::type() is its name.
class ExecFolderError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  static constexpr const char* kType = "forkmill::ExecFolderError";
};

// ExecNotFoundError: the error of a command whose program the worker does not have, for which a shell has exit status
// 127. RemoteError::type() is its name.
class ExecNotFoundError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  static constexpr const char* kType = "forkmill::ExecNotFoundError";
};

// ExecNotExecutableError: the error of a command whose program cannot be executed, for which a shell has exit status
// 126. RemoteError::type() is its name.
class ExecNotExecutableError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  static constexpr const char* kType = "forkmill::ExecNotExecutableError";
};

// The task.
inline constexpr Task<ExecResult(ExecRequest)> kExec{"forkmill.exec"};

}  // namespace forkmill
