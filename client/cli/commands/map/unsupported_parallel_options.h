// The options of GNU parallel that `forkmill map` does not have, with what takes their place. PARALLEL.md lists the
// same.
#pragma once

#include <string_view>

namespace forkmill::cli {

// Returns what to use in place of an option of GNU parallel, "--csv" or "-L". Empty: that has no such option, or it is
// supported.
std::string_view place_of(std::string_view option);

}  // namespace forkmill::cli
