// Lines of words, as files of keys and of invitations have them: blanks stand between words, and a # begins a comment.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proto/status.h"

namespace forkmill::proto {

// Returns the words of a line before its comment.
std::vector<std::string> words_of(const std::string& line);

// Calls `take` with the words of each line that has some. A failure ends that, and is returned with `source` and the
// number of the line before its text.
Status read_word_lines(const std::string& text, const std::string& source,
                       const std::function<Status(const std::vector<std::string>& words)>& take);

}  // namespace forkmill::proto
