#include "client/cli/map/input/columns.h"

#include <array>

#include "client/cli/errors/command_error.h"
#include "client/cli/map/input/perl_expression.h"

namespace forkmill::cli {

void ColumnSplitter::Free::operator()(regex_t* expression) const {
  ::regfree(expression);
  delete expression;
}

ColumnSplitter::ColumnSplitter(const std::string& expression) {
  auto compiled = std::make_unique<regex_t>();
  if (const int error = ::regcomp(compiled.get(), posix_expression(expression).c_str(), REG_EXTENDED); error != 0) {
    std::array<char, 256> text{};
    ::regerror(error, compiled.get(), text.data(), text.size());
    throw UsageError{"--colsep: '" + expression + "' is not a regular expression: " + text.data(),
                     "put a backslash before special characters, as in '\\|'"};
  }
  regex_ = {compiled.release(), Free{}};
  if (::regexec(regex_.get(), "", 0, nullptr, 0) == 0) {
    throw UsageError{"--colsep: '" + expression + "' matches the empty string, so it separates nothing"};
  }
}

void ColumnSplitter::split(const std::string& text, std::vector<std::string>& columns) const {
  const char* at = text.c_str();
  regmatch_t match{};
  int flags = 0;
  while (::regexec(regex_.get(), at, 1, &match, flags) == 0 && match.rm_eo > match.rm_so) {
    columns.emplace_back(at, static_cast<std::size_t>(match.rm_so));
    at += match.rm_eo;
    flags = REG_NOTBOL;
  }
  columns.emplace_back(at);
}

}  // namespace forkmill::cli
