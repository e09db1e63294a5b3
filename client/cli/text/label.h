// Labels of tasks (SubmitOptions::label), by which lists show the command that a task runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace forkmill::cli {

// Returns `command` as a label: one line, cut to the maximum size of a label.
std::string command_label(std::string_view command);

// The command line of a forkmill.exec task: `argv` is a line for a shell, or the words of a command.
std::string command_line(const std::vector<std::string>& argv, bool shell);

// The label of a task without one: the command of forkmill.exec, else nothing. arguments: msgpack.
std::string label_of_task(std::string_view name, std::string_view arguments);

}  // namespace forkmill::cli
