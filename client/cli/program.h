// The `forkmill` program.
#pragma once

namespace forkmill::cli {

// Reads the command line and runs the command. Returns the exit status. Does not throw.
int run_program(int argc, char** argv);

}  // namespace forkmill::cli
