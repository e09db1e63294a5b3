// Where forkmill's other programs are.
#pragma once

#include <string>

namespace forkmill::cli {

// Looks beside this program (an install tree), then where the build tree has it (`room` is its folder there), then on
// PATH. Throws CommandError that lists the places.
std::string find_program(const std::string& name, const std::string& room);

// Who listens on a TCP port of this machine, for people: "redis-server (pid 4711)"; empty when it cannot be told, as
// for other users' processes.
std::string port_owner(unsigned port);

}  // namespace forkmill::cli
