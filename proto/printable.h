// printable(): text of other programs and users as it may be shown on a terminal or written to a log. Pure.
#pragma once

#include <string>
#include <string_view>

namespace forkmill::proto {

enum class LineBreaks { kept, shown };

// Returns `text` with everything that could control a terminal, hide or forge a line, or reorder what is seen shown as
// an escape: control characters but tab, as \x1b or \u009b; marks of the direction of text and separators of lines, as
// \u202e; bytes that are not UTF-8, as \xff. With LineBreaks::kept, a line feed stays.
std::string printable(std::string_view text, LineBreaks line_breaks);

}  // namespace forkmill::proto
