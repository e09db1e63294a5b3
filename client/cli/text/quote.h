// Quoting for /bin/sh: the shell reads a quoted text of any bytes but NUL as one word with the same bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace forkmill::cli {

// Returns a plain word as it is ("a.txt"), and any other one in single quotes ("'a b'", "'it'\''s'", "''").
std::string shell_quote(std::string_view word);

// Quotes the words and joins them with blanks: a shell line that runs them as one command.
std::string shell_join(const std::vector<std::string>& words);

}  // namespace forkmill::cli
