// Escape sequences in the values of options, such as --delimiter '\t'. Pure.
#pragma once

#include <string>
#include <string_view>

namespace forkmill::cli {

// Replaces \n \t \r \f \v \a \b \0 \\, octal \NNN and hexadecimal \xHH. Another character stays with its backslash.
std::string unescaped(std::string_view text);

}  // namespace forkmill::cli
