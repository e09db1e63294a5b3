// forkmill-web: the program that `forkmill web` starts. A program of its own, because the HTTP library would make every
// start of `forkmill` slower. The command line is that of `forkmill`.
#include "client/cli/program.h"
#include "client/web/serve.h"

int main(int argc, char** argv) { return forkmill::cli::run_program(argc, argv, &forkmill::web::serve); }
