// Translates regular expressions as GNU parallel takes them, in the syntax of Perl, to POSIX extended ones. Pure.
#pragma once

#include <string>
#include <string_view>

namespace forkmill::cli {

// Translates \t \n \r \d \D \s \S \w \W \h, also in brackets, and (?:…). Throws UsageError for what POSIX does not
// have: lazy quantifiers such as +?, look-around, \1.
std::string posix_expression(std::string_view perl);

}  // namespace forkmill::cli
