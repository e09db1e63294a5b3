// Starts a command without copying this process: the new process borrows its memory until it has become the command.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "proto/os/descriptor.h"

namespace forkmill::worker {

struct SpawnRequest {
  std::vector<std::string> argv;         // argv[0] is looked up in PATH unless it has a slash
  bool own_program = false;              // argv[0] is the worker's choice: if it cannot run, that is the worker's fault
  std::vector<std::string> environment;  // "NAME=value"
  std::string directory;                 // empty: this process's
  int umask = -1;                        // -1: this process's
  int in = -1;                           // become the command's 0, 1 and 2
  int out = -1;
  int err = -1;
  std::chrono::milliseconds cpu{0};  // processor time of the command's process; 0: this process's limit
  int write_rules = -1;              // make_write_rules(): what the command may write to; -1: no more rules than here
};

struct Spawned {
  pid_t pid = 0;
  proto::Descriptor pidfd;  // readable when the command has ended
};

// The command leads a process group of its own and is killed when the calling thread ends. It gets no descriptor but 0,
// 1 and 2. Throws std::runtime_error
// when it cannot be started: with the name of what is missing and why. ExecNotFoundError, ExecNotExecutableError: there
// is no such program, or it cannot be executed. ExecFolderError: `directory` cannot be entered. OutOfResources: this
// machine cannot start any command now.
Spawned spawn(const SpawnRequest& request);
// Starts the program `file`; argv[0] is only its name. Null: it cannot be run, for any reason. Throws as spawn() does.
std::optional<Spawned> spawn_file(const std::string& file, const SpawnRequest& request);

}  // namespace forkmill::worker
