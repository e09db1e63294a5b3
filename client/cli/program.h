// The `forkmill` program.
#pragma once

namespace forkmill::cli {

// Reads the command line, runs the command and gives the exit status. Never throws.
int run_program(int argc, char** argv);

}  // namespace forkmill::cli
