#include "client/cli/os/confirm.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

void check_can_ask(bool yes, const std::string& fix) {
  if (!yes && ::isatty(STDIN_FILENO) != 1)
    throw UsageError{"cannot ask for confirmation, because standard input is not a terminal", fix};
}

void confirm(const std::string& question, const std::string& refusal, const std::string& expected) {
  std::fprintf(stderr, "%s ", question.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == expected || (expected == "y" && (answer == "Y" || answer == "yes"))) return;
  throw CommandError{ExitCode::failed, refusal};
}

}  // namespace forkmill::cli
