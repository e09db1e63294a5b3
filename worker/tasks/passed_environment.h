// The environment of commands: what they get of the worker's own. It may hold secrets of the worker, so commands get
// the variables that are named and no others.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace forkmill::worker {

// The variables that commands get unless the worker is told otherwise: where programs, files and the user are, language
// and time zone.
std::vector<std::string> standard_variables();

// Returns the variables of this process, as "NAME=value", that `passed` names, without those in `replaced`, and with
// FORKMILL_BROKER. An element of `passed` is a name, or the beginning of names with "*" behind; FORKMILL_ variables are
// passed by their whole name only, and those that tell of the worker's own processes never.
std::vector<std::string> passed_environment(const std::vector<std::string>& passed,
                                            const std::map<std::string, std::string>& replaced);

}  // namespace forkmill::worker
