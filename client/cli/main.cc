#include "client/cli/program.h"

int main(int argc, char** argv) { return forkmill::cli::run_program(argc, argv); }
