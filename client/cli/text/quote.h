// Quoting for /bin/sh: whatever the bytes are, the shell reads the quoted text back as exactly one word with those
// bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace forkmill::cli {

// Leaves plain words as they are ("a.txt"), puts others into single quotes ("'a b'", "'it'\''s'"); "''" for nothing.
std::string shell_quote(std::string_view word);

// The words quoted and joined by blanks: a line that runs them as one command.
std::string shell_join(const std::vector<std::string>& words);

}  // namespace forkmill::cli
