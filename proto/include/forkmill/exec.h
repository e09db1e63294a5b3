// forkmill.exec: a task that runs a command on a worker. Only workers started with --allow-exec have it.
#pragma once

#include <forkmill/task.h>

#include <cstdint>
#include <map>
#include <msgpack.hpp>
#include <string>
#include <vector>

namespace forkmill {

struct ExecRequest {
  std::vector<std::string> argv;  // the program and its arguments; with `shell`, one element: the line for /bin/sh -c
  std::string stdin_data;
  std::map<std::string, std::string> env;  // added to the worker's environment, or replacing what is there
  std::string cwd;                         // empty: the worker's
  bool shell = false;
  std::uint64_t output_limit = 1024 * 1024;  // bytes kept of each of stdout and stderr; the rest is read and dropped
  MSGPACK_DEFINE(argv, stdin_data, env, cwd, shell, output_limit)
};

// A command that could be started gives a result, whatever its exit status; one that could not is an error of the task.
struct ExecResult {
  int exit_code = 0;  // -1 when a signal ended it
  int signal = 0;
  std::string out;
  std::string err;
  bool out_truncated = false;
  bool err_truncated = false;
  double started_at = 0;  // seconds since 1970, by the worker's clock
  double run_seconds = 0;
  std::string host;
  MSGPACK_DEFINE(exit_code, signal, out, err, out_truncated, err_truncated, started_at, run_seconds, host)
};

inline constexpr Task<ExecResult(ExecRequest)> kExec{"forkmill.exec"};

}  // namespace forkmill
