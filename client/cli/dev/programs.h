// The other programs of forkmill, and the processes that use a port.
#pragma once

#include <string>

namespace forkmill::cli {

// Returns the path of a program, which is searched beside this program and in PATH. Throws CommandError, with the
// places, if it is in none of them.
std::string find_program(const std::string& name);

// Returns what a person types to run a program of find_program() in a shell: its name if PATH leads to it, else its
// path.
std::string command_word(const std::string& name);

// The process that listens on a TCP port of this machine: "redis-server (pid 4711)". Empty if it is unknown, as for the
// processes of other users.
std::string port_owner(unsigned port);

}  // namespace forkmill::cli
