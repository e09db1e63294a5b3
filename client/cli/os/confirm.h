// Confirmations on the terminal, for commands that destroy something.
#pragma once

#include <string>

namespace forkmill::cli {

// Throws UsageError if the command would have to ask, which `yes` saves it, and standard input is not a terminal. `fix`
// tells the user what to do instead. Call this before the command does anything.
void check_can_ask(bool yes, const std::string& fix = "give --yes, or look first with --dry-run");

// Prints `question` to stderr and reads the answer from the terminal. Throws CommandError (failed) with `refusal`
// unless the answer is `expected`; "y" also accepts "Y" and "yes".
void confirm(const std::string& question, const std::string& refusal, const std::string& expected = "y");

}  // namespace forkmill::cli
