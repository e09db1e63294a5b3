// The `forkmill` program.
#pragma once

namespace forkmill::cli {

struct WebOptions;

// Runs the gateway of `forkmill web`. Returns the exit status.
using WebServer = int (*)(const WebOptions& options);

// Reads the command line and runs the command. Returns the exit status. Does not throw. serve_web: null if this program
// has no gateway; `web` then becomes the program forkmill-web with the same command line.
int run_program(int argc, char** argv, WebServer serve_web = nullptr);

}  // namespace forkmill::cli
